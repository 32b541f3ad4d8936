"""The mean of several rates."""

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
