"""A mean over explained images with its interval, where images of one patient may repeat."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.metrics.cluster_bootstrap import (
    group_codes,
    percentile_limits,
    resampled_totals,
    totals_by_group,
)
from medimage.evaluation.metrics.estimate import Estimate

CONFIDENCE = 0.95
_RESAMPLES = 2000


def mean_over_cases(
    values: NDArray[np.float64],
    groups: tuple[str, ...],
    *,
    seed: int,
    bounds: tuple[float, float] = (-1, 1),
    undefined: str = "no image has a value",
) -> Estimate:
    """Returns the mean of a value of each image with its 95 % interval.

    The interval is the wider of two: percentiles over resamples of whole groups, which need no shape of the values but
    are too narrow for few groups; and Student's t on the ratio estimator's standard error over groups (Cochran 1977,
    Sampling Techniques, section 6.3), which is wide for few groups.

    Args:
        values: Shape [images]; NaN where an image has none, which leaves it out.
        groups: Patient, lesion or duplicate cluster of each image.
        seed: Seed of the bootstrap.
        bounds: What the value of an image can be; the interval is cut off there.
        undefined: The reason to give where no image has a value.
    """
    defined = np.isfinite(values)
    values = values[defined]
    codes = group_codes(tuple(group for group, kept in zip(groups, defined, strict=True) if kept))
    images, cases = len(values), len(np.unique(codes))
    if images == 0:
        return Estimate.undefined(undefined, n=0, groups=0)
    mean = float(values.mean())
    if cases == 1:
        return Estimate.without_interval(mean, "all images are of one case", n=images, groups=1)
    totals = totals_by_group(np.stack([values, np.ones(images)], axis=1), codes)
    sums = resampled_totals(totals, strata=np.zeros(cases, dtype=np.int64), resamples=_RESAMPLES, seed=seed)
    low, high = percentile_limits(sums[:, 0] / sums[:, 1], confidence=CONFIDENCE)
    deviations = totals[:, 0] - mean * totals[:, 1]
    error = math.sqrt(cases / (cases - 1) * float(deviations @ deviations)) / images
    half = float(scipy.special.stdtrit(cases - 1, 0.5 + CONFIDENCE / 2)) * error
    return Estimate(
        value=mean,
        low=max(bounds[0], min(low, mean - half)),
        high=min(bounds[1], max(high, mean + half)),
        n=images,
        groups=cases,
        method="bootstrap of groups or Student's t over groups, the wider",
    )
