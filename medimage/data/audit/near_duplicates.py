"""Images that show the same thing: copies, re-encodings, neighbouring slices."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_BLOCK = 2048
"""Rows compared at once: 2048 x 2048 correlations take 16 MiB."""


def near_duplicate_clusters(thumbnails: NDArray[np.float32], *, similarity: float) -> NDArray[np.int64]:
    """Groups images whose thumbnails correlate by at least `similarity`, directly or through others.

    Args:
        thumbnails: float32, shape [images, values], each with mean 0 and length 1 (or all zeros).
        similarity: Smallest Pearson correlation of near-duplicates, in (0, 1].

    Returns:
        int64, shape [images]: the cluster of each image, numbered from 0; images without a near-duplicate are alone.
    """
    count = len(thumbnails)
    left: list[NDArray[np.int64]] = []
    right: list[NDArray[np.int64]] = []
    for start in range(0, count, _BLOCK):
        rows = thumbnails[start : start + _BLOCK]
        for other in range(start, count, _BLOCK):
            near = np.argwhere(rows @ thumbnails[other : other + _BLOCK].T >= similarity)
            left.append(near[:, 0] + start)
            right.append(near[:, 1] + other)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    first, second = np.concatenate(left), np.concatenate(right)
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)
