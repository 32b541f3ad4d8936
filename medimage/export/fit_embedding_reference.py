"""Measures what a network makes of its training images, to tell images that it sees as something else."""

import math

import numpy as np
from numpy.typing import NDArray

from medimage.serving.quality.embedding_reference import EmbeddingReference, of_length_one

_RARELY = 0.01
"""Share of images like the training images that may be told to be unlike them."""

_MOST_COMPONENTS = 64
"""Directions with a variance of their own: they go into the model's file, each as wide as an embedding."""

_SMALLEST_SHARE = 1e-6
"""The remaining variance is at least this share of the mean one, lest rounding decide where features never vary."""


def fit_embedding_reference(training: NDArray[np.float32], held_out: NDArray[np.float32]) -> EmbeddingReference | None:
    """Takes the distribution of the training images' embeddings, and a limit from images held out of the training.

    The limit is the k-th smallest of n held-out distances, k = ceil(0.99 (n + 1)): a new image of the same kind exceeds
    it with a chance of at most 1 % (the argument of split conformal prediction: Vovk, Gammerman and Shafer 2005,
    Algorithmic Learning in a Random World). With fewer than 99 images it is the largest one, and the chance is
    1 / (n + 1).

    Args:
        training: float32, shape [images, width].
        held_out: The same of other images, such as those of validation.

    Returns:
        None where there are fewer than two training images or no other ones, or the embeddings do not vary.
    """
    images, width = training.shape
    if images < 2 or not len(held_out):
        return None
    seen = of_length_one(training)
    mean = seen.mean(axis=0)
    _, singular, directions = np.linalg.svd(seen - mean, full_matrices=False)
    variances = singular**2 / (images - 1)
    total = float(variances.sum())
    # Below, what varies is rounding: single precision has seven digits, and lengths are 1.
    if not total > 1e-12:
        return None
    # At most half of the images: the directions of the last ones are of chance.
    components = min(_MOST_COMPONENTS, images // 2, width - 1)
    remaining = max(float(variances[components:].sum()) / (width - components), _SMALLEST_SHARE * total / width)
    fitted = {
        "mean": mean.astype(np.float32),
        "directions": directions[:components].astype(np.float32),
        "variances": np.maximum(variances[:components], remaining).astype(np.float32),
        "remaining_variance": float(np.float32(remaining)),
    }
    count = len(held_out)
    rank = min(count, math.ceil((1 - _RARELY) * (count + 1)))
    rarely = 1 - rank / (count + 1)
    without_limit = EmbeddingReference(**fitted, largest_distance=0, rarely=rarely, held_out=count)
    distances = np.sort([without_limit.distance(embedding) for embedding in held_out])
    # Upwards, so that rounding lets no image beyond that is not.
    limit = math.ceil(float(distances[rank - 1]) * 1e6) / 1e6
    return EmbeddingReference(**fitted, largest_distance=limit, rarely=rarely, held_out=count)
