"""Whether two samples of points have the same mean, and in which direction they lie apart."""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.monitoring.number_test import Difference, effective_size


@dataclass(frozen=True, kw_only=True, eq=False)
class Discriminant:
    """The direction in which two samples differ most, measured in their own spread (Fisher 1936, Ann Eugen 7:179).

    Attributes:
        direction: float64, shape [coordinates]. Points of the second sample have larger products with it.
        distance: Distance of the means in standard deviations, not negative (Mahalanobis 1936).
    """

    direction: NDArray[np.float64]
    distance: float


@dataclass(frozen=True, kw_only=True)
class MeanDifference(Difference):
    """How far two samples of points are apart.

    Attributes:
        size: The largest difference of cumulative shares that two normal distributions have whose means are as far
            apart: 2 Phi(distance / 2) - 1.
        p_value: As of any difference.
        distance: Distance of the means in standard deviations, not negative.
    """

    distance: float


def discriminant(
    reference: NDArray[np.float64], window: NDArray[np.float64], *, weights: NDArray[np.float64]
) -> Discriminant:
    """Finds the direction that tells two samples apart.

    Args:
        reference: Points, float64, shape [images, coordinates], at least one.
        window: Others, of as many coordinates.
        weights: How often each point of the reference counts, with a sum above 0.
    """
    before, now = _moments(reference, weights), _moments(window, np.ones(len(window)))
    sizes = effective_size(weights), float(len(window))
    spread = (sizes[0] * before[1] + sizes[1] * now[1]) / sum(sizes)
    apart = now[0] - before[0]
    # Coordinates without any spread tell nothing, and have no inverse.
    direction = np.linalg.pinv(spread, hermitian=True) @ apart
    return Discriminant(direction=direction, distance=math.sqrt(max(0.0, float(apart @ direction))))


def compare_means(
    reference: NDArray[np.float64],
    window: NDArray[np.float64],
    *,
    weights: NDArray[np.float64] | None = None,
    images_per_case: float = 1.0,
) -> MeanDifference:
    """Runs the T-squared test of Hotelling (1931, Ann Math Stat 2:360): shifts too small for any coordinate add up.

    Args:
        reference: Points, float64, shape [images, coordinates], at least one.
        window: Others, of as many coordinates.
        weights: How often each point of the reference counts, as in `compare_numbers`.
        images_per_case: Images that are worth one, because they are of one patient.

    Returns:
        The p-value is 1 where there are too few cases for the coordinates.
    """
    held = np.ones(len(reference)) if weights is None else weights
    found = discriminant(reference, window, weights=held)
    size = 2 * float(scipy.stats.norm.cdf(found.distance / 2)) - 1
    before, now = effective_size(held) / images_per_case, len(window) / images_per_case
    coordinates, cases = reference.shape[1], before + now
    freedom = cases - coordinates - 1
    if freedom < 1:
        return MeanDifference(size=size, p_value=1.0, distance=found.distance)
    squared = before * now / cases * found.distance**2 * (cases - 2) / cases
    p_value = float(scipy.stats.f.sf(squared * freedom / ((cases - 2) * coordinates), coordinates, freedom))
    return MeanDifference(size=size, p_value=p_value, distance=found.distance)


def _moments(
    points: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the mean and the covariance, divided by the sum of the weights."""
    shares = weights / weights.sum()
    mean = shares @ points
    centred = points - mean
    return mean, (centred * shares[:, np.newaxis]).T @ centred
