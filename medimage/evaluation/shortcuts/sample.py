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

_ENOUGH = 50
"""Groups of each class and of each origin that come before the rest. By chance alone, 4,000 of 100,000 images would
have 4 of 100 patients of a rare class. Of 50, a share is known to 14 points (half the width of its interval)."""


@dataclass(frozen=True, kw_only=True)
class SmallImages:
    """What the probes see.

    Attributes:
        borders: float64, shape [images, 8 x channels], see `border_features`.
        small: uint8, shape [images, 16, 16, channels].
    """

    borders: NDArray[np.float64]
    small: NDArray[np.uint8]


def choose_whole_groups(groups: Sequence[str], kinds: Sequence[Sequence[str]], *, maximum: int) -> NDArray[np.int64]:
    """Returns the images of as many groups as together have at most `maximum` images.

    First come 50 groups of each kind, one of each kind after the other, or all that it has; then the others by the hash
    of their names. So a rare class or origin has a larger share among the chosen than among all: what is measured on
    them must be measured for each class by itself, as balanced accuracy is.

    A group is taken or left as a whole, or there would be less in it to recognise. Only of one with more than a tenth
    of `maximum` images the first ones alone are taken, so that no patient fills the sample.

    Args:
        groups: Group of each image.
        kinds: What each image is, in every respect that matters, such as its class and its origin; the first respect
            matters most.
        maximum: Largest number of images.

    Returns:
        int64: positions of the chosen images, ascending.
    """
    if len(groups) <= maximum:
        return np.arange(len(groups))
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    hashes = [hashlib.sha256(str(name).encode()).digest() for name in names]
    place = np.empty(len(names), dtype=np.int64)
    place[sorted(range(len(names)), key=hashes.__getitem__)] = np.arange(len(names))
    # From here on a group is known by its place in the order of hashes.
    places = place[codes]
    urgency = [_rank_within_kind(places, kind, count=len(names)) for kind in kinds]
    order = np.lexsort((np.arange(len(names)), *reversed(urgency)))
    largest = max(1, maximum // 10)
    sizes = np.minimum(np.bincount(places), largest)[order]
    taken = order[: int(np.searchsorted(np.cumsum(sizes), maximum, side="right"))]
    by_group = np.argsort(places, kind="stable")
    first = np.searchsorted(places[by_group], taken)
    rows = [by_group[start : start + size] for start, size in zip(first, sizes[: len(taken)], strict=True)]
    return np.sort(np.concatenate(rows))


def _rank_within_kind(places: NDArray[np.int64], kinds: Sequence[str], *, count: int) -> NDArray[np.int64]:
    """Returns for each group how many of the same kind come before it, at most `_ENOUGH`; of several kinds the least.

    Args:
        places: Group of each image, by its place in the order.
        kinds: Kind of each image.
        count: Number of groups.
    """
    codes = np.unique(np.asarray(kinds), return_inverse=True)[1]
    pairs = np.unique(codes * count + places)
    of_kind = pairs // count
    ranks = np.arange(len(pairs)) - np.searchsorted(of_kind, of_kind)
    lowest = np.full(count, _ENOUGH)
    np.minimum.at(lowest, pairs % count, ranks)
    return lowest


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
