"""Images that show the same thing: copies, re-encodings, mirrored and turned ones, neighbouring slices."""

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.data.audit.frames import Frames
from medimage.data.audit.leaves import Leaves
from medimage.data.audit.mirrored import ORIENTATIONS, Orientation, mirrored
from medimage.data.audit.projection import principal_directions, project

_PAIRS_AT_ONCE = 16_384
"""Pairs verified together: three thumbnails of 4 KiB each, a mirrored one among them, 192 MiB in all."""

_ROUNDING = 1e-6
"""So much less than a correlation its computation in float32 may give: that of equal thumbnails is 0.9999999."""

Confirmation = Callable[[NDArray[np.int64], NDArray[np.int64], Orientation], NDArray[np.bool_]]
"""Whether pairs of images that correlate do show the same thing, the second ones of them in some orientation."""


def near_duplicate_clusters(
    thumbnails: NDArray[np.float32], *, similarity: float, frames: NDArray[np.uint8] | None = None
) -> NDArray[np.int64]:
    """Groups images whose thumbnails correlate by at least `similarity`, directly or through others.

    One of two may be mirrored or turned by a multiple of 90 degrees. So are those whose whole frames correlate by that
    much, where what they show is alike as well; see `Frames`.

    Complete, and far below comparing each with each: vectors of length 1 that correlate by `similarity` are at most
    sqrt(2 - 2 * similarity) apart, so pairs that are farther apart in a few coordinates are never compared in full.

    Args:
        thumbnails: float32, shape [images, 1024], each with mean 0 and length 1 (or all zeros).
        similarity: Smallest Pearson correlation of near-duplicates, in (0, 1].
        frames: uint8, shape [images, 1024]: the whole images, of which the thumbnails show the foreground; not
            compared when not given.

    Returns:
        int64, shape [images]: the cluster of each image, numbered from 0; images without a near-duplicate are alone.
    """
    clusters = np.arange(len(thumbnails), dtype=np.int64)
    if len(thumbnails) == 0:
        return clusters
    clusters = _join_alike(clusters, thumbnails, similarity)
    if frames is None:
        return clusters
    whole = Frames.build(frames)
    return _join_alike(clusters, whole.normalised, similarity, confirm=whole.show_the_same)


def _join_alike(
    clusters: NDArray[np.int64],
    thumbnails: NDArray[np.float32],
    similarity: float,
    confirm: Confirmation | None = None,
) -> NDArray[np.int64]:
    """Returns clusters in which those of thumbnails that correlate are one."""
    directions = principal_directions(thumbnails)
    originals = Leaves.build(project(thumbnails, directions))
    for orientation in ORIENTATIONS:
        # Directions that are turned back, on plain thumbnails, give the coordinates of turned thumbnails on plain ones.
        plain = orientation == ORIENTATIONS[0]
        turned_back = directions if plain else mirrored(directions.T, orientation.inverse).T
        others = originals if plain else Leaves.build(project(thumbnails, turned_back))
        for near_left, near_right in originals.near_pairs(others, squared_distance=2 - 2 * similarity):
            # Of a chain of thousands, most pairs are joined through others already.
            apart = clusters[near_left] != clusters[near_right]
            left, right = near_left[apart], near_right[apart]
            for start in range(0, len(left), _PAIRS_AT_ONCE):
                rows, columns = left[start : start + _PAIRS_AT_ONCE], right[start : start + _PAIRS_AT_ONCE]
                products = np.einsum("ij,ij->i", thumbnails[rows], mirrored(thumbnails[columns], orientation))
                alike = products >= similarity - _ROUNDING
                rows, columns = rows[alike], columns[alike]
                if confirm is not None:
                    confirmed = confirm(rows, columns, orientation)
                    rows, columns = rows[confirmed], columns[confirmed]
                if len(rows):
                    clusters = _joined(clusters, rows, columns)
    return clusters


def _joined(clusters: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns clusters in which those of `left` and `right` are one, numbered by their first image."""
    count = len(clusters)
    links = scipy.sparse.coo_array(
        (np.ones(len(left), dtype=np.int8), (clusters[left], clusters[right])), shape=(count, count)
    )
    return scipy.sparse.csgraph.connected_components(links, directed=False)[1][clusters].astype(np.int64)
