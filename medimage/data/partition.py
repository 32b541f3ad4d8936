"""Dividing groups of images into stratified parts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def partition_groups(
    labels: Sequence[str], groups: Sequence[str], *, shares: Sequence[float], seed: int
) -> NDArray[np.int64]:
    """Assigns every image to a part so that no group is divided and each part gets its share of each class.

    Greedy: groups come largest first, equal ones in random order; each goes to the part that it brings closest to
    its target counts, measured by the squared difference over classes relative to class size, so that rare classes
    count as much as frequent ones.

    Args:
        labels: Class of each image.
        groups: Group of each image.
        shares: Share of each part; they add up to 1.
        seed: Seed of the random order.

    Returns:
        int64, shape [images]: the part of each image, from 0.
    """
    if abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"Expected shares that add up to 1 but got {list(shares)}")
    names, label_codes = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    group_names, group_codes = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    counts = np.zeros((len(group_names), len(names)))
    np.add.at(counts, (group_codes, label_codes), 1)
    weights = 1 / counts.sum(axis=0)
    order = np.random.default_rng(seed).permutation(len(group_names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    missing = np.asarray(shares)[:, None] * counts.sum(axis=0)[None, :]
    part_of_group = np.zeros(len(group_names), dtype=np.int64)
    for group in order:
        gain = counts[group]
        # Going to part p changes the squared distance to its target by sum_c w_c (gain_c^2 - 2 gain_c missing_pc).
        change = (weights * gain * (gain - 2 * missing)).sum(axis=1)
        part = int(np.argmin(change))
        part_of_group[group] = part
        missing[part] -= gain
    return part_of_group[group_codes]
