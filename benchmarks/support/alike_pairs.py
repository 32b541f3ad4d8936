"""Pairs of images that show the same thing, counted in other ways than the audit finds them: each with each.

Nothing of the audit's is used: images are decoded by Pillow alone, whole (no foreground is cut out), at 64 instead of
32 pixels, and every pair is compared. What the audit misses because of its crop, its size or its way of finding pairs
shows here.
"""

import hashlib
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

_SIDE = 64
_CORRELATION = 0.97
"""From this correlation of the whole images, mirrored or not, two are alike."""

_HASH_SIDE = 32
_HASH_FREQUENCIES = 8
_HASH_DISTANCE = 4
_HASH_CORRELATION = 0.95
_NEIGHBOUR_CORRELATION = 0.9
"""Zauner: Implementation and benchmarking of perceptual image hash functions (2010): the signs of 8 x 8 DCT
coefficients of 32 x 32 pixels against their median. So many bits may differ, and because dark backgrounds make hashes
alike, the images must correlate as well. Of brain4's pairs that correlate by 0.9 to 0.95 nearly all, looked at, are
neighbouring slices of one head, which show other anatomy. They are told, and are not counted as duplicates."""

NEIGHBOURS = "neighbouring slices"
"""What pairs are called that are alike and no duplicates."""

_MIRRORINGS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def alike_pairs(encoded: Sequence[bytes]) -> dict[str, NDArray[np.bool_]]:
    """Compares every image with every other one.

    Args:
        encoded: The files' bytes.

    Returns:
        `equal bytes`, `correlation`, `perceptual hash` and `neighbouring slices` → bool, shape [images, images]: true
        above the diagonal where two images are alike.
    """
    grays = [Image.open(io.BytesIO(file)).convert("L") for file in encoded]
    numbers = pd.factorize(np.asarray([hashlib.sha256(file).hexdigest() for file in encoded]))[0]
    pictures = np.stack([_pixels(gray, _SIDE) for gray in grays])
    correlation = _correlations(pictures)
    hashes = np.stack([_perceptual_hash(_pixels(gray, _HASH_SIDE)) for gray in grays]).astype(np.float32)
    distance = hashes @ (1 - hashes.T) + (1 - hashes) @ hashes.T
    found = {
        "equal bytes": numbers[:, None] == numbers[None],
        "correlation": correlation >= _CORRELATION,
        "perceptual hash": (distance <= _HASH_DISTANCE) & (correlation >= _HASH_CORRELATION),
        NEIGHBOURS: (distance <= _HASH_DISTANCE)
        & (correlation >= _NEIGHBOUR_CORRELATION)
        & (correlation < _HASH_CORRELATION),
    }
    return {name: np.triu(pairs, k=1) for name, pairs in found.items()}


def _pixels(gray: Image.Image, side: int) -> NDArray[np.float64]:
    return np.asarray(gray.resize((side, side), Image.Resampling.LANCZOS), dtype=np.float64)


def _correlations(pictures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the Pearson correlation of each picture with each, the largest of those with it and its mirror images."""
    centred = pictures - pictures.mean(axis=(1, 2), keepdims=True)
    centred /= np.maximum(np.sqrt((centred**2).sum(axis=(1, 2), keepdims=True)), 1e-12)
    flat = centred.reshape(len(centred), -1)
    mirrored = (centred[:, ::down, ::right].reshape(flat.shape) for down, right in _MIRRORINGS)
    return np.maximum.reduce([flat @ other.T for other in mirrored])


def _perceptual_hash(pixels: NDArray[np.float64]) -> NDArray[np.bool_]:
    low = np.asarray(dctn(pixels, norm="ortho"))[:_HASH_FREQUENCIES, :_HASH_FREQUENCIES].ravel()
    return low > np.median(low)
