"""A quantile that holds for the next patient, not only for those at hand."""

import math

import numpy as np
from numpy.typing import NDArray


def upper_quantile_of_next(scores: NDArray[np.float64], groups: NDArray[np.int64], *, coverage: float) -> float:
    """Returns the smallest score that an image of a new group exceeds with a chance of at most 1 - coverage.

    Every group of K has the weight 1 / (K + 1), shared by its images; the weight that is left stands for the new group
    and lies at infinity. Where every image is its own group, this is the quantile of split conformal prediction, the
    ceil((n + 1) coverage)-th smallest score (Vovk, Gammerman and Shafer 2005, Algorithmic Learning in a Random World).
    For groups of several images it is that of hierarchical conformal prediction (Lee, Barber and Willett 2023,
    arXiv:2306.06342; Dunn, Wasserman and Ramdas 2023, J Am Stat Assoc 118:2491-2502), which holds for groups that are
    exchangeable, however alike the images within one are.

    Args:
        scores: Score of each image, shape [images].
        groups: Group of each image as an integer, shape [images].
        coverage: Chance that a new image's score is not above the result, in (0, 1).

    Returns:
        Infinity where there are too few groups for the coverage: fewer than coverage / (1 - coverage).
    """
    if len(scores) != len(groups):
        raise ValueError(f"Expected one group for each score but got {len(groups)} for {len(scores)}")
    if len(scores) == 0:
        return math.inf
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    count = len(sizes)
    order = np.argsort(scores, kind="stable")
    # In units of groups, so that whole groups add up to whole numbers and rounding decides nothing.
    reached = np.cumsum((1 / sizes[codes])[order])
    enough = np.flatnonzero(reached >= coverage * (count + 1) - 1e-9)
    return float(scores[order[enough[0]]]) if len(enough) else math.inf


def groups_needed(coverage: float) -> int:
    """Returns the groups below which no score is high enough for the coverage."""
    return math.ceil(coverage / (1 - coverage) - 1e-9)
