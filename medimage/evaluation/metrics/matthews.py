"""Matthews' correlation of what is true with what is said."""

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.metrics.cluster_bootstrap import percentile_limits
from medimage.evaluation.metrics.estimate import Estimate


def matthews_correlation(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the correlation between true and predicted class, from -1 to 1.

    Of two classes it is the phi coefficient (Matthews 1975, Biochim Biophys Acta 405:442-451), of more its extension
    R_K (Gorodkin 2004, Comput Biol Chem 28:367-374).

    Args:
        confusion: Images by true (second to last axis) and predicted class (last axis), shape [..., classes, classes].

    Returns:
        Shape [...]; NaN where all images are of one class, or are taken for one.
    """
    images = confusion.sum(axis=(-2, -1))
    actual, claimed = confusion.sum(axis=-1), confusion.sum(axis=-2)
    hits = np.trace(confusion, axis1=-2, axis2=-1)
    covariance = hits * images - (actual * claimed).sum(axis=-1)
    spread = (images**2 - (actual**2).sum(axis=-1)) * (images**2 - (claimed**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 0, covariance / np.sqrt(spread), np.nan)


def one_against_rest(confusion: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """Returns the counts of one class (second place) against all others (first place), shape [..., 2, 2]."""
    images = confusion.sum(axis=(-2, -1))
    actual, claimed = confusion[..., index, :].sum(axis=-1), confusion[..., :, index].sum(axis=-1)
    hits = confusion[..., index, index]
    rows = [[images - actual - claimed + hits, claimed - hits], [actual - hits, hits]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def estimate_matthews(
    confusion: NDArray[np.float64], resampled: NDArray[np.float64], *, cases: int, confidence: float
) -> Estimate:
    """Estimates the correlation, with the percentile interval of the cluster bootstrap.

    Args:
        confusion: Counts on the test set, shape [classes, classes].
        resampled: Counts in each resample of whole groups, shape [resamples, classes, classes].
        cases: Independent cases.
        confidence: Two-sided confidence level.

    Returns:
        NaN with a reason where it is undefined. No interval where resamples do not vary, and the bootstrap would claim
        certainty: where no image is wrong, or all are, and where classes have one case each.
    """
    n = int(confusion.sum())
    value = float(matthews_correlation(confusion))
    if np.isnan(value):
        one = np.count_nonzero(confusion.sum(axis=1)) == 1
        return Estimate.undefined(
            "it takes test images of two classes" if one else "all test images got the same answer",
            n=n,
            groups=cases,
        )
    # A resample in which it is undefined tells nothing, which is 0. To leave these out would make one image that
    # happens to be right, and is not in the others, proof of a correlation.
    low, high = percentile_limits(np.nan_to_num(matthews_correlation(resampled)), confidence=confidence)
    if not low < high:
        return Estimate.without_interval(
            value, "it is the same in every resample, which tells no uncertainty", n=n, groups=cases
        )
    return Estimate(
        value=value, low=min(low, value), high=max(high, value), n=n, groups=cases, method="cluster bootstrap"
    )
