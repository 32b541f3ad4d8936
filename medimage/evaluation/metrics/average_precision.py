"""Area under the precision-recall curve with its interval."""

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import IntervalMethod
from medimage.evaluation.metrics.cluster_bootstrap import percentile_limits
from medimage.evaluation.metrics.effective_size import worth_as_copies
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.interval import proportion_interval

_CELLS_PER_CHUNK = 2_000_000
"""Resamples times images handled at once: bounds the memory at about 130 MB, beside what was drawn."""


def average_precision(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns the mean precision over the positive images, each at the threshold that its own score is.

    The area under the curve without interpolation, which would be too good (Davis and Goadrich 2006, ICML).

    Args:
        scores: Score of each image, higher for the positive class, shape [images].
        positive: Whether each image is of the positive class, shape [images].
        weights: How often each image counts, shape [..., images].

    Returns:
        Shape [...], in [0, 1]; NaN where no positive image counts.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    # Images with one score are claimed together, so the precision at each is that after the last of them.
    last = np.searchsorted(-ordered, -ordered, side="right") - 1
    taken = weights[..., order]
    hits = taken * positive[order]
    claimed, found = np.cumsum(taken, axis=-1), np.cumsum(hits, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.nan_to_num(found / claimed)[..., last]
        return (hits * precision).sum(axis=-1) / hits.sum(axis=-1)


def estimate_average_precision(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    drawn: NDArray[np.uint16],
    confidence: float,
    interval: IntervalMethod,
) -> Estimate:
    """Estimates the area under the precision-recall curve of one class against the rest.

    The interval is the wider of two: the cluster bootstrap's, and that of a proportion of as many cases as are
    positive (the binomial interval of Boyd, Eng and Page 2013, ECML PKDD), which stays honest where the order of the
    images is perfect. Of groups with m positive images, (sum m)^2 / (sum m^2) count, as if images of a group were
    copies.

    Args:
        scores: Score of each image, higher for the class, shape [images].
        positive: Whether each image is of the class, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        drawn: How often each group is in each resample, shape [resamples, groups].
        confidence: Two-sided confidence level.
        interval: Interval of the proportion.

    Returns:
        NaN with a reason where either side has no image. `groups` counts the positive cases.
    """
    cases = len(np.unique(groups[positive]))
    if cases == 0 or positive.all():
        side = "of this class" if cases == 0 else "of any other class"
        return Estimate.undefined(f"no test image {side}", n=len(scores), groups=cases)
    value = float(average_precision(scores, positive, np.ones(len(scores))))
    worth = worth_as_copies(groups[positive])
    low, high = proportion_interval(min(value, 1.0) * worth, worth, confidence=confidence, method=interval)
    rows = max(1, _CELLS_PER_CHUNK // len(scores))
    resampled = [
        average_precision(scores, positive, drawn[start : start + rows][:, groups].astype(np.float64))
        for start in range(0, len(drawn), rows)
    ]
    below, above = percentile_limits(np.concatenate(resampled), confidence=confidence)
    return Estimate(
        value=value,
        low=float(np.nanmin([low, below, value])),
        high=float(np.nanmax([high, above, value])),
        n=len(scores),
        groups=cases,
        method="binomial of the positive cases and cluster bootstrap, the wider",
    )
