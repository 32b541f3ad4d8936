"""Exchanging groups between parts until the classes have equal shares in all of them."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from medimage.data.class_shares import TOLERANCE

_MAXIMUM_EXCHANGES = 100
"""In practice a handful is enough, or none helps."""

_SIZE_TOLERANCE = 0.2
"""A part of 15 % may have 12 to 18 % of the images where that makes its classes as frequent as in the whole."""

_CANDIDATES = 150
"""So many different groups of a part are tried, the smallest first, as they change shares the least."""


def even_out_shares(
    part_of_group: NDArray[np.int64], *, counts: NDArray[np.float64], shares: NDArray[np.float64]
) -> None:
    """Moves and exchanges groups, in place, while a class's share in a part is off by more than `TOLERANCE`.

    Filling each part to its number of images of each class leaves shares uneven where large groups make a part small:
    what the rest lacks of one class, it must then have less of the others too. Each step takes the part that is off the
    most, and of the moves and exchanges of small groups with it the one that brings shares the closest. The size of a
    part may be off by a fifth, or by as much as it is already. No part loses the last images of a class.

    Args:
        part_of_group: Part of each group.
        counts: Images of each group and class, shape [groups, classes].
        shares: Wanted share of each part in all images, shape [parts].
    """
    of_part = np.zeros((len(shares), counts.shape[1]))
    np.add.at(of_part, part_of_group, counts)
    total = counts.sum()
    whole = counts.sum(axis=0) / total
    size_tolerance = np.maximum(np.abs(of_part.sum(axis=1) / total - shares), _SIZE_TOLERANCE * shares)

    def excess(part: int, images: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns how far, squared, a part with these images of each class [..., classes] is out of tolerance."""
        sizes = images.sum(axis=-1)
        share = images / np.maximum(sizes, 1)[..., None]
        out_of_tolerance = (np.maximum(np.abs(share - whole) - TOLERANCE, 0) ** 2).sum(axis=-1)
        is_lost = ((images <= 0) & (of_part[part] > 0)).any(axis=-1) | (sizes <= 0)
        is_resized = np.abs(sizes / total - shares[part]) > size_tolerance[part] + 1e-9
        return np.where(is_lost | is_resized, np.inf, out_of_tolerance)

    for _ in range(_MAXIMUM_EXCHANGES):
        current = np.asarray([excess(part, images) for part, images in enumerate(of_part)])
        if current.max() <= 0 or not np.isfinite(current).all():
            return
        worst = int(current.argmax())
        candidates = [_candidates(part_of_group == part, counts) for part in range(len(shares))]
        best, exchange = -1e-12, None
        for one, other in combinations(range(len(shares)), 2):
            if worst not in (one, other):
                continue
            (ones, one_counts), (others, other_counts) = candidates[one], candidates[other]
            leaves = one_counts[:, None] - other_counts[None]
            change = excess(one, of_part[one] - leaves) + excess(other, of_part[other] + leaves)
            change -= current[one] + current[other]
            row, column = np.unravel_index(int(change.argmin()), change.shape)
            if change[row, column] < best:
                best, exchange = change[row, column], (one, other, ones[row], others[column], leaves[row, column])
        if exchange is None:
            return
        one, other, from_one, from_other, leaves = exchange
        of_part[one] -= leaves
        of_part[other] += leaves
        if from_one >= 0:
            part_of_group[from_one] = other
        if from_other >= 0:
            part_of_group[from_other] = one


def _candidates(
    inside: NDArray[np.bool_], counts: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns one group of each kind in a part with its counts, and first nothing at all, with the number -1."""
    groups = np.flatnonzero(inside)
    kinds, first = np.unique(counts[groups], axis=0, return_index=True)
    smallest = np.argsort(kinds.sum(axis=1), kind="stable")[:_CANDIDATES]
    return (
        np.concatenate([[-1], groups[first[smallest]]]).astype(np.int64),
        np.concatenate([np.zeros((1, counts.shape[1])), kinds[smallest]]),
    )
