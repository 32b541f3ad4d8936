"""How often answers are wrong when only the surest are given (risk-coverage curve)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.decision.sureness import threshold_of_share
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.proportion import estimate_proportion

_SHARES = tuple(percent / 100 for percent in range(10, 101, 5))


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The surest answers.

    Attributes:
        share: Share of the images that they are, in (0, 1].
        error: Share of wrong ones among them.
    """

    share: float
    error: Estimate


def error_by_share_answered(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], groups: NDArray[np.int64], *, confidence: float
) -> tuple[Answered, ...]:
    """Returns the error of growing shares of answers, the surest first (El-Yaniv and Wiener 2010, JMLR 11:1605-1641).

    Args:
        probabilities: Calibrated, shape [images, classes], with at least one image.
        labels: Index of the true class of each image, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        confidence: Two-sided confidence level of each error by itself.
    """
    sureness, wrong = probabilities.max(axis=1), probabilities.argmax(axis=1) != labels
    found: dict[float, Answered] = {}
    for share in _SHARES:
        given = sureness >= threshold_of_share(sureness, share)
        # Answers of equal sureness are given together: several shares may then be one.
        found[float(given.mean())] = Answered(
            share=float(given.mean()),
            error=estimate_proportion(wrong[given], groups[given], confidence=confidence),
        )
    return tuple(found.values())
