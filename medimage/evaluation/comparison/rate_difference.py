"""The difference of two models' rates on the same images, where images of one patient may repeat."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.comparison.score_interval import paired_score_interval
from medimage.evaluation.metrics.cluster_bootstrap import percentile_limits
from medimage.evaluation.metrics.effective_size import effective_sample_size
from medimage.evaluation.metrics.estimate import Estimate


def estimate_rate_difference(
    gain: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    confidence: float,
    resampled: NDArray[np.float64],
    undefined: str,
) -> Estimate:
    """Estimates by how much one model's rate is above another's, with the wider of two intervals.

    One is the score interval of paired proportions, in which images of one group count as fewer (see
    `effective_sample_size`: here of the images that are won, or of those that are lost, whichever are more alike
    within their groups). The other is the cluster bootstrap, which alone would claim certainty where all images are
    answered alike.

    Args:
        gain: 1 where the first model alone is right, -1 where the second alone is, 0 otherwise, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        confidence: Two-sided confidence level.
        resampled: The difference in each bootstrap resample of whole groups.
        undefined: The reason to give where there is no image.
    """
    images, cases = len(gain), len(np.unique(groups))
    if images == 0:
        return Estimate.undefined(undefined, n=0, groups=0)
    value = float(gain.mean())
    won, lost = gain > 0, gain < 0
    method, size = "paired score", float(images)
    if cases < images:
        size = min(effective_sample_size(hits, groups, confidence=confidence) for hits in (won, lost))
        method = f"paired score, effective n {size:.1f}"
    low, high = paired_score_interval(float(won.mean()) * size, float(lost.mean()) * size, size, confidence=confidence)
    limits = percentile_limits(resampled, confidence=confidence)
    if limits[0] < low or limits[1] > high:
        method += "; cluster bootstrap where wider"
    return Estimate(
        value=value,
        low=min(low, value, *_defined(limits)),
        high=max(high, value, *_defined(limits)),
        n=images,
        groups=cases,
        method=method,
    )


def mean_difference(
    differences: Sequence[Estimate], *, n: int, groups: int, confidence: float, resampled: NDArray[np.float64]
) -> Estimate:
    """Returns the unweighted mean of differences of rates, with the wider of two intervals.

    As in `medimage.evaluation.metrics.combination.mean_of_rates`: the first recovers the variance from the limits
    (MOVER: Zou and Donner 2008, Stat Med 27:1693-1702), the second is the cluster bootstrap.

    Args:
        differences: One for each class.
        n: Images that they were measured on together.
        groups: Independent cases among them.
        confidence: Two-sided confidence level.
        resampled: The mean in each bootstrap resample of whole groups.
    """
    missing = [each for each in differences if not each.has_interval]
    if missing:
        return Estimate.undefined(
            f"undefined for {len(missing)} of {len(differences)} classes: {missing[0].reason}", n=n, groups=groups
        )
    value = sum(each.value for each in differences) / len(differences)
    below = math.sqrt(sum((each.value - each.low) ** 2 for each in differences)) / len(differences)
    above = math.sqrt(sum((each.high - each.value) ** 2 for each in differences)) / len(differences)
    limits = _defined(percentile_limits(resampled, confidence=confidence))
    return Estimate(
        value=value,
        low=min([value - below, *limits]),
        high=max([value + above, *limits]),
        n=n,
        groups=groups,
        method="MOVER and cluster bootstrap, the wider",
    )


def _defined(limits: tuple[float, float]) -> list[float]:
    return [limit for limit in limits if not math.isnan(limit)]
