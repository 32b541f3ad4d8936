"""Few coordinates for many values, such that distances never grow: what is far apart in them is far apart."""

import numpy as np
from numpy.typing import NDArray

_DIMENSIONS = 48
_SAMPLE = 4096
"""Vectors that the directions are chosen by. Others would be as valid and only let more pairs through."""

_ITERATIONS = 3


def principal_directions(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns orthonormal directions in which vectors differ most, found by subspace iteration.

    Halko, Martinsson, Tropp: Finding structure with randomness, SIAM Review 53 (2011), algorithm 4.4. Equal vectors
    give equal directions.

    Args:
        vectors: float32, shape [vectors, values].

    Returns:
        float32, shape [values, at most 48].
    """
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    centred = sample - sample.mean(axis=0)
    values = vectors.shape[1]
    directions = np.random.default_rng(0).standard_normal((values, min(_DIMENSIONS, values)), dtype=np.float32)
    for _ in range(_ITERATIONS):
        directions = np.linalg.qr(centred.T @ (centred @ directions) + 1e-6 * directions)[0]
    return directions


def project(vectors: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns coordinates whose Euclidean distances are at most those of the vectors.

    The last coordinate is the length of what the directions leave of a vector: by the triangle inequality, the rests
    of two vectors differ at least by the difference of their lengths.

    Args:
        vectors: float32, shape [vectors, values].
        directions: float32, shape [values, directions], orthonormal.

    Returns:
        float32, shape [vectors, directions + 1].
    """
    along = vectors @ directions
    squares = np.einsum("ij,ij->i", vectors, vectors) - np.einsum("ij,ij->i", along, along)
    return np.column_stack([along, np.sqrt(np.maximum(squares, 0))]).astype(np.float32)
