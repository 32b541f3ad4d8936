"""The most similar image that is not in the same fold."""

import numpy as np
from numpy.typing import NDArray


def similarities(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns Pearson's correlation of every image with every other.

    Args:
        small: Small images, shape [images, ...].

    Returns:
        float32, shape [images, images]; 0 for an image of one value.
    """
    values = small.reshape(len(small), -1).astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    values /= np.where(lengths > 0, lengths, 1.0)
    return values @ values.T


def nearest_in_other_folds(similarity: NDArray[np.float32], folds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns for each image the most similar one of the other folds, the first of them where several are.

    Args:
        similarity: Shape [images, images].
        folds: Fold of each image, shape [images]; at least two folds.

    Returns:
        int64, shape [images].
    """
    nearest = np.empty(len(folds), dtype=np.int64)
    for fold in np.unique(folds):
        asked, known = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        nearest[asked] = known[similarity[np.ix_(asked, known)].argmax(axis=1)]
    return nearest
