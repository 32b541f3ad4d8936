"""How far stated confidence is from the share of right answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CASES_PER_BIN = 20
"""Fewer independent cases in a bin make its share of right answers noise, which inflates the calibration error."""


@dataclass(frozen=True, kw_only=True)
class ReliabilityBins:
    """Images in bins of rising confidence and about equal count.

    Attributes:
        assignment: Bin of each image, shape [images].
        confidence: Mean confidence of each bin, shape [bins].
        accuracy: Share of right answers in each bin, shape [bins].
        counts: Images in each bin, shape [bins].
    """

    assignment: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of confidence from accuracy, weighted by count, in [0, 1]."""
        return float(np.abs(self.confidence - self.accuracy) @ self.counts / self.counts.sum())


def reliability_bins(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], *, bins: int, cases: int
) -> ReliabilityBins:
    """Sorts images into bins of about equal count by their confidence.

    Bins of equal count instead of equal width follow Nguyen and O'Connor (2015, EMNLP) and Nixon et al. (2019, CVPR
    workshops); the error over them is that of Naeini, Cooper and Hauskrecht (2015, AAAI). Images of equal confidence
    share a bin. Small sets get fewer bins: at least 20 independent cases for each, one bin at least.

    Args:
        confidence: Probability of the predicted class, shape [images].
        correct: Whether the predicted class is the true one, shape [images].
        bins: Number of bins at most.
        cases: Independent cases (groups) among the images.

    Raises:
        ValueError: If there is no image.
    """
    images = len(confidence)
    if images == 0:
        raise ValueError("Expected images to sort into bins but got none")
    wanted = min(bins, max(1, cases // _CASES_PER_BIN))
    edges = np.unique(np.quantile(confidence, np.arange(1, wanted) / wanted, method="inverted_cdf"))
    _, assignment = np.unique(np.searchsorted(edges, confidence, side="left"), return_inverse=True)
    assignment = assignment.reshape(-1).astype(np.int64)
    counts = np.bincount(assignment)
    return ReliabilityBins(
        assignment=assignment,
        confidence=np.bincount(assignment, weights=confidence) / counts,
        accuracy=np.bincount(assignment, weights=correct) / counts,
        counts=counts,
    )
