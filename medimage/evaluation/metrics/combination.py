"""The mean of several rates, and of several areas."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.metrics.cluster_bootstrap import percentile_limits
from medimage.evaluation.metrics.estimate import Estimate


def mean_of_rates(
    rates: Sequence[Estimate],
    *,
    n: int,
    groups: int,
    confidence: float,
    resampled: NDArray[np.float64],
) -> Estimate:
    """Returns the unweighted mean of rates, with the wider of two intervals.

    The first recovers the variance from the rates' own limits (MOVER: Zou and Donner 2008, Stat Med 27:1693-1702), so
    that a mean of rates of 1.0 keeps the uncertainty that each of them has. It takes the rates as independent; the
    cluster bootstrap does not, but sees no uncertainty in rates of 1.0. Hence the wider.

    Args:
        rates: One estimate per class.
        n: Images that the rates were measured on together.
        groups: Independent cases among them.
        confidence: Two-sided confidence level.
        resampled: The mean in each bootstrap resample of whole groups.
    """
    missing = [rate for rate in rates if not rate.has_interval]
    if missing:
        return Estimate.undefined(
            f"undefined for {len(missing)} of {len(rates)} classes: {missing[0].reason}", n=n, groups=groups
        )
    value = sum(rate.value for rate in rates) / len(rates)
    below = math.sqrt(sum((rate.value - rate.low) ** 2 for rate in rates)) / len(rates)
    above = math.sqrt(sum((rate.high - rate.value) ** 2 for rate in rates)) / len(rates)
    limits = [limit for limit in percentile_limits(resampled, confidence=confidence) if not math.isnan(limit)]
    return Estimate(
        value=value,
        low=max(0.0, min([value - below, *limits])),
        high=min(1.0, max([value + above, *limits])),
        n=n,
        groups=groups,
        method="MOVER and cluster bootstrap, the wider",
    )


def mean_of_areas(areas: Sequence[Estimate]) -> Estimate:
    """Returns the mean of the classes' areas under a curve.

    Its limits are the means of the limits: right where the areas rise and fall together, too wide otherwise.
    """
    n = max(area.n for area in areas)
    groups = min(area.groups for area in areas)
    if not all(area.has_interval for area in areas):
        missing = sum(not area.has_interval for area in areas)
        return Estimate.undefined(f"undefined for {missing} of {len(areas)} classes", n=n, groups=groups)
    value, low, high = (float(np.mean([getattr(area, name) for area in areas])) for name in ("value", "low", "high"))
    return Estimate(
        value=value, low=min(low, value), high=max(high, value), n=n, groups=groups, method="mean of limits"
    )
