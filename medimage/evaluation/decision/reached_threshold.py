"""The highest threshold that the next image of a class still reaches."""

import math

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.decision.hierarchical_quantile import upper_quantile_of_next


def reached_threshold(reached: NDArray[np.float64], groups: NDArray[np.int64], *, chance: float) -> float | None:
    """Returns the highest probability that an image of a new group reaches with the given chance.

    Args:
        reached: Probability of its class for each image of the class, shape [images].
        groups: Group of each image as an integer, shape [images].
        chance: In (0, 1).

    Returns:
        None where there are too few groups for the chance.
    """
    misses = upper_quantile_of_next(1 - reached, groups, coverage=chance)
    # The probability itself, and not 1 - (1 - p), which rounding may put above it.
    return float(reached[1 - reached <= misses].min()) if math.isfinite(misses) else None
