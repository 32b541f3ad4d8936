"""Measures the gray levels that a model takes with it, to tell images unlike those it was trained on."""

import math

import numpy as np
from numpy.typing import NDArray

from medimage.serving.quality.intensity_reference import IntensityReference

_RARELY = 0.01
"""Share of images like the training images that may be told to be unlike them."""

_DIGITS = 6


def fit_intensity_reference(training: NDArray[np.int64], held_out: NDArray[np.int64]) -> IntensityReference | None:
    """Takes the mean histogram of the training images, and limits from images that were held out of the training.

    A limit is the k-th smallest of n held-out values, k = ceil(0.99 (n + 1)): a new image of the same kind exceeds it
    with a chance of at most 1 % (the argument of split conformal prediction: Vovk, Gammerman and Shafer 2005,
    Algorithmic Learning in a Random World). With fewer than 99 images it is the largest value, and the chance is
    1 / (n + 1).

    Args:
        training: Counts of the levels 0 to 255, shape [images, channels, 256].
        held_out: The same of other images, such as those of validation.

    Returns:
        None where there are no images of either kind.
    """
    if not len(training) or not len(held_out):
        return None
    # Distances are to the histogram as it is stored.
    mean = _shares(training).mean(axis=0).round(_DIGITS)
    shares = _shares(held_out)
    distances = np.abs(np.cumsum(shares - mean, axis=2)).sum(axis=2).mean(axis=1)
    images = len(held_out)
    rank = min(images, math.ceil((1 - _RARELY) * (images + 1)))

    def limit(values: NDArray[np.float64]) -> float:
        # Upwards, so that rounding lets no image beyond that is not.
        return math.ceil(float(np.sort(values)[rank - 1]) * 10**_DIGITS) / 10**_DIGITS

    return IntensityReference(
        histogram=tuple(tuple(float(share) for share in channel) for channel in mean),
        largest_distance=limit(distances),
        largest_black=limit(shares[:, :, 0].mean(axis=1)),
        largest_white=limit(shares[:, :, -1].mean(axis=1)),
        rarely=1 - rank / (images + 1),
        held_out=images,
    )


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return counts / counts.sum(axis=2, keepdims=True)
