"""Whether two samples of numbers are of one distribution."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far two samples are apart.

    Attributes:
        size: The difference: of cumulative shares, or of the share that differs most; from 0 to 1.
        p_value: Chance of one at least so large where there is none.
    """

    size: float
    p_value: float


def compare_numbers(
    reference: NDArray[np.float64], window: NDArray[np.float64], *, weights: NDArray[np.float64] | None = None
) -> Difference:
    """Runs the two-sample Kolmogorov-Smirnov test (Kolmogorov 1933; Smirnov 1948, Ann Math Stat 19:279).

    Args:
        reference: Numbers, shape [images], at least one.
        window: Others, at least one.
        weights: How often each number of the reference counts, not negative, with a sum above 0; once when not given.
            The p-value then takes Kish's effective size for their number (Kish 1965, Survey Sampling, section 11.7).
    """
    if weights is None:
        # The exact distribution gives way to the limiting one at some sizes, which is as good from 50 images on.
        found = stats.ks_2samp(reference, window, method="asymp")
        return Difference(size=float(found.statistic), p_value=float(found.pvalue))
    order = np.argsort(reference, kind="stable")
    values = np.concatenate([reference, window])
    cumulative = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    of_reference = cumulative[np.searchsorted(reference[order], values, side="right")]
    of_window = np.searchsorted(np.sort(window), values, side="right") / len(window)
    size = float(np.abs(of_reference - of_window).max())
    effective = effective_size(weights)
    return Difference(
        size=size,
        p_value=float(special.kolmogorov(np.sqrt(effective * len(window) / (effective + len(window))) * size)),
    )


def effective_size(weights: NDArray[np.float64]) -> float:
    """Returns how many images of equal weight are worth as much as these."""
    return float(weights.sum() ** 2 / (weights**2).sum())
