"""The difference of two models' areas under the ROC curve on the same images."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.metrics.auroc import estimate_auroc, placements, variance_of_placements
from medimage.evaluation.metrics.estimate import Estimate


def estimate_area_difference(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    confidence: float,
) -> Estimate:
    """Estimates by how much one model's area is above another's, with the wider of two intervals.

    One is that of DeLong, DeLong and Clarke-Pearson for correlated areas (1988, Biometrics 44:837-845), Obuchowski's
    for clustered data where groups repeat (1997, Biometrics 53:567-578). The other recovers the variances from the
    intervals of the two areas and the correlation of their estimates (MOVER: Zou 2007, Psychol Methods 12:399-413): it
    stays honest where both areas are nearly 1 and the first one claims certainty.

    Args:
        first: One model's score of each image, higher for the class, shape [images].
        second: The other's.
        positive: Whether each image is of the class, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        confidence: Two-sided confidence level.

    Returns:
        NaN with a reason where either side has no image; without an interval where a side is of one group only.
    """
    areas = [estimate_auroc(scores, positive, groups, confidence=confidence) for scores in (first, second)]
    if not all(area.is_defined for area in areas):
        return areas[0]
    placed = [placements(scores, positive) for scores in (first, second)]
    variances = [variance_of_placements(each.positive, each.negative, positive, groups) for each in placed]
    of_difference = variance_of_placements(
        placed[0].positive - placed[1].positive, placed[0].negative - placed[1].negative, positive, groups
    )
    value = areas[0].value - areas[1].value
    n, cases = areas[0].n, areas[0].groups
    if math.isnan(of_difference):
        return Estimate.without_interval(value, "a side is of one group alone", n=n, groups=cases)
    half = float(scipy.special.ndtri(0.5 + confidence / 2)) * math.sqrt(of_difference)
    correlation = _correlation(variances[0], variances[1], of_difference=of_difference)
    below, above = _recovered(areas[0], areas[1], correlation=correlation)
    repeats = len(np.unique(groups)) < len(groups)
    return Estimate(
        value=value,
        low=max(-1.0, value - max(half, below)),
        high=min(1.0, value + max(half, above)),
        n=n,
        groups=cases,
        method=f"{'Obuchowski' if repeats else 'DeLong'} (paired) and MOVER, the wider",
    )


def _correlation(first: float, second: float, *, of_difference: float) -> float:
    """Returns the correlation of two estimates, 0 where one of them does not vary and nothing is known of it."""
    if first <= 0 or second <= 0:
        return 0.0
    return min(1.0, max(-1.0, (first + second - of_difference) / (2 * math.sqrt(first * second))))


def _recovered(first: Estimate, second: Estimate, *, correlation: float) -> tuple[float, float]:
    """Returns how far the limits of the difference lie below and above it."""

    def together(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one * one + other * other - 2 * correlation * one * other))

    return (
        together(first.value - first.low, second.high - second.value),
        together(first.high - first.value, second.value - second.low),
    )
