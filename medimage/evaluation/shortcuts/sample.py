"""The images that are looked at for shortcuts, and the little that is kept of each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimage.data.pixel_store import PixelStore
from medimage.evaluation.shortcuts.border import border_features

SMALL_SIDE = 16


@dataclass(frozen=True, kw_only=True)
class SmallImages:
    """What the probes see.

    Attributes:
        borders: float64, shape [images, 8 x channels], see `border_features`.
        small: uint8, shape [images, 16, 16, channels].
    """

    borders: NDArray[np.float64]
    small: NDArray[np.uint8]


def choose_whole_groups(groups: Sequence[str], *, maximum: int) -> NDArray[np.int64]:
    """Returns the images of as many groups as together have at most `maximum` images, by the hash of their names.

    A group is taken or left as a whole, or there would be less in it to recognise. Only of one with more than a tenth
    of `maximum` images the first ones alone are taken, so that no patient fills the sample.

    Args:
        groups: Group of each image.
        maximum: Largest number of images.

    Returns:
        int64: positions of the chosen images, ascending.
    """
    if len(groups) <= maximum:
        return np.arange(len(groups))
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    order = sorted(range(len(names)), key=lambda code: hashlib.sha256(str(names[code]).encode()).digest())
    largest = max(1, maximum // 10)
    sizes = np.minimum(np.bincount(codes)[order], largest)
    taken = order[: int(np.searchsorted(np.cumsum(sizes), maximum, side="right"))]
    return np.sort(np.concatenate([np.flatnonzero(codes == code)[:largest] for code in taken]))


def look_at_images(pixels: PixelStore, image_ids: Sequence[str], *, border_width: int) -> SmallImages:
    """Reads images one by one and keeps their border's figures and a small copy.

    Args:
        pixels: Decoded images.
        image_ids: The images wanted.
        border_width: Width of the border in pixels.
    """
    borders, small = [], []
    for row in pixels.rows(image_ids).tolist():
        image = np.asarray(pixels.pixels[row])
        borders.append(border_features(image, border_width))
        picture = Image.fromarray(image[:, :, 0] if pixels.channels == 1 else image)
        reduced = np.asarray(picture.resize((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BOX))
        small.append(reduced.reshape(SMALL_SIDE, SMALL_SIDE, pixels.channels))
    return SmallImages(borders=np.stack(borders), small=np.stack(small))
