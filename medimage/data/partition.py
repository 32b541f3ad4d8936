"""Dividing groups of images into stratified parts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medimage.data.even_shares import even_out_shares

_ROUNDING = 1e-6
"""Images: the targets are shares, such as 0.15, times counts, and come out a hair below whole numbers."""


def partition_groups(
    labels: Sequence[str], groups: Sequence[str], *, shares: Sequence[float], seed: int
) -> NDArray[np.int64]:
    """Assigns every image to a part so that no group is divided and each part gets its share of each class.

    Greedy: groups come largest first, equal ones in random order; each goes to a part that has room for it, where there
    is one, and among those to the one that it brings closest to its target counts. The distance is that of the
    chi-squared test, the squared difference from each target divided by the target, summed over classes. So rare
    classes count as much as frequent ones, and every part gets its share of large groups: for groups of one class,
    among parts with room, this is Webster's method of dividing seats (Balinski and Young, Fair Representation, 1982).
    By plain differences, the largest part would take all large groups, as it lacks most images until it is nearly
    full, and smaller parts would hold single images only. The price is paid where a few groups hold much of a class: a
    small part that takes one of them is filled by it.

    Where few or large groups leave a part without a class, the group that disturbs the shares least is moved there,
    unless the move would take a class from the part it leaves. So every class that has at least as many groups of its
    own as there are parts is in every part.

    Args:
        labels: Class of each image.
        groups: Group of each image.
        shares: Share of each part, above 0; they add up to 1.
        seed: Seed of the random order.

    Returns:
        int64, shape [images]: the part of each image, from 0.

    Raises:
        ValueError: If shares are not above 0 or do not add up to 1.
    """
    if not all(share > 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"Expected shares above 0 that add up to 1 but got {list(shares)}")
    names, label_codes = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    group_names, group_codes = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    counts = np.zeros((len(group_names), len(names)))
    np.add.at(counts, (group_codes, label_codes), 1)
    order = np.random.default_rng(seed).permutation(len(group_names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    missing = np.asarray(shares)[:, None] * counts.sum(axis=0)[None, :]
    weights = 1 / missing
    part_of_group = _assign_in_order(order, counts=counts, missing=missing, weights=weights)
    np.subtract.at(missing, part_of_group, counts)
    _fill_empty_places(part_of_group, counts=counts, missing=missing, weights=weights)
    even_out_shares(part_of_group, counts=counts, shares=np.asarray(shares))
    return part_of_group[group_codes]


def _assign_in_order(
    order: NDArray[np.int64],
    *,
    counts: NDArray[np.float64],
    missing: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Returns the part of each group, when each in turn goes to the part that it brings closest to its target.

    Most groups have images of one class, so plain numbers are ten times as fast here as arrays over all classes.
    """
    lacks = missing.tolist()
    weights_of = weights.tolist()
    part_of_group = np.zeros(len(order), dtype=np.int64)
    groups, classes = np.nonzero(counts)
    first = np.searchsorted(groups, np.arange(len(order) + 1)).tolist()
    class_of, count_of = classes.tolist(), counts[groups, classes].tolist()
    for group in order.tolist():
        gains = [(class_of[place], count_of[place]) for place in range(first[group], first[group + 1])]
        # Going to a part changes the squared distance to its target by the sum over classes of
        # weight * (gain * gain - 2 * gain * lack). Without room it may be the closest: Webster rounds halves up.
        changes = [
            (
                any(gain > lack[name] + _ROUNDING for name, gain in gains),
                sum(weight[name] * gain * (gain - 2 * lack[name]) for name, gain in gains),
            )
            for weight, lack in zip(weights_of, lacks, strict=True)
        ]
        part = changes.index(min(changes))
        part_of_group[group] = part
        for name, gain in gains:
            lacks[part][name] -= gain
    return part_of_group


def _fill_empty_places(
    part_of_group: NDArray[np.int64],
    *,
    counts: NDArray[np.float64],
    missing: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> None:
    """Moves groups, in place, to parts that have none of a class.

    Args:
        part_of_group: Part of each group.
        counts: Images of each group and class, shape [groups, classes].
        missing: What each part lacks of its target, shape [parts, classes]; negative where it has more.
        weights: Weight of each part and class in the distance to the targets, shape [parts, classes].
    """
    has = counts > 0
    held = np.zeros(missing.shape, dtype=np.int64)
    np.add.at(held, part_of_group, has)
    for part, label in np.argwhere(held == 0).tolist():
        if held[part, label]:
            continue
        # A group may leave only where another one of each of its classes stays.
        movable = has[:, label] & (~has | (held[part_of_group] > 1)).all(axis=1)
        candidates = np.flatnonzero(movable)
        if not len(candidates):
            continue
        gain = counts[candidates]
        left, weight_left = missing[part_of_group[candidates]], weights[part_of_group[candidates]]
        change = gain * (weight_left * (gain + 2 * left) + weights[part] * (gain - 2 * missing[part]))
        change = change.sum(axis=1)
        group = candidates[np.argmin(change)]
        before = part_of_group[group]
        missing[before] += counts[group]
        missing[part] -= counts[group]
        held[before] -= has[group]
        held[part] += has[group]
        part_of_group[group] = part
