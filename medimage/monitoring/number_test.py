"""Whether two samples of numbers are of one distribution."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray


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
    reference: NDArray[np.float64],
    window: NDArray[np.float64],
    *,
    weights: NDArray[np.float64] | None = None,
    images_per_case: float = 1.0,
) -> Difference:
    """Runs the two-sample Kolmogorov-Smirnov test (Kolmogorov 1933; Smirnov 1948, Ann Math Stat 19:279).

    The p-value is that of the limiting distribution, which is good from some ten images on.

    Args:
        reference: Numbers, shape [images], at least one.
        window: Others, at least one.
        weights: How often each number of the reference counts, not negative, with a sum above 0; once when not given.
            Kish's effective size is then taken for their number (Kish 1965, Survey Sampling, section 11.7).
        images_per_case: Images that are worth one, because they are of one patient.
    """
    held = np.ones(len(reference)) if weights is None else weights
    order = np.argsort(reference, kind="stable")
    values = np.concatenate([reference, window])
    cumulative = np.concatenate([[0.0], np.cumsum(held[order])]) / held.sum()
    of_reference = cumulative[np.searchsorted(reference[order], values, side="right")]
    of_window = np.searchsorted(np.sort(window), values, side="right") / len(window)
    size = min(1.0, float(np.abs(of_reference - of_window).max()))
    before, now = effective_size(held) / images_per_case, len(window) / images_per_case
    cases = max(1, round(before * now / (before + now)))
    return Difference(size=size, p_value=float(scipy.stats.kstwo.sf(size, cases)))


def effective_size(weights: NDArray[np.float64]) -> float:
    """Returns how many images of equal weight are worth as much as these."""
    return float(weights.sum() ** 2 / (weights**2).sum())
