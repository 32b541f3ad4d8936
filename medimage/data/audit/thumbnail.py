"""A small picture of what an image shows, for comparing images with each other."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

THUMBNAIL_SIDE = 32
_WORKING_SIDE = 128
"""The border is found on so many rows and columns: on small pixels, noise and JPEG's ringing have averaged out."""

_BACKGROUND_SHARES = (0.02, 0.99)
"""Shares of the pixels that are at most as bright as the background and as the brightest: a few stray ones aside."""

_FRAME = (0.06, 0.02)
"""Share of the range from background to brightest that a pixel of the image exceeds, and share of such pixels from
which a row or column is no frame: a plain frame is cut away first, because it decides what the range is."""

_BACKGROUND = (0.2, 0.1)
"""The same for the background inside: so high that noise, JPEG's ringing and specks do not move the edges."""

_FEWEST_LINES = 8

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels and parts of them."""


def _foreground_box(image: Image.Image, *, brightness: float, line_share: float) -> Box:
    """Returns what is left without the dark border around what is imaged.

    Plain hashes take two images for alike because both have a wide black border; without it they do not. Levels are
    relative to the background, so that a brighter copy, whose black is gray, has the same edges. Edges lie between
    pixels, where the share of bright ones passes its threshold, so that a copy of another size has them there too.

    Args:
        image: Gray, 8 bits.
        brightness: What is brighter than this share of the range from background to brightest is foreground.
        line_share: A row or column belongs to the foreground when more than this share of it is.

    Returns:
        The box inside the border; the whole image where less than 8 rows or columns would be left.
    """
    width, height = image.size
    # From the histogram, because sorting pixels would take most of an audit's time.
    cumulative = np.cumsum(image.histogram())
    low, high = np.searchsorted(cumulative, np.multiply(_BACKGROUND_SHARES, width * height))
    bright = np.asarray(image) > low + brightness * (high - low)
    rows, columns = np.count_nonzero(bright, axis=1) / width, np.count_nonzero(bright, axis=0) / height
    if min(np.count_nonzero(rows > line_share), np.count_nonzero(columns > line_share)) < _FEWEST_LINES:
        return 0.0, 0.0, float(width), float(height)
    top, left = _first_edge(rows, line_share), _first_edge(columns, line_share)
    return left, top, width - _first_edge(columns[::-1], line_share), height - _first_edge(rows[::-1], line_share)


def _first_edge(shares: NDArray[np.float64], line_share: float) -> float:
    line = int(np.argmax(shares > line_share))
    if line == 0:
        return 0.0
    passed = (shares[line] - line_share) / (shares[line] - shares[line - 1])
    return max(0.0, line + 0.5 - float(passed))


def thumbnails(gray: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Returns the foreground at 32 x 32 pixels with mean 0 and length 1, and the whole image at 32 x 32 pixels.

    The dot product of two foregrounds is their Pearson correlation: brightness and contrast do not matter. A filter
    that reaches over neighbouring pixels keeps it high where a copy was cropped or turned by very little. Where the
    background is about as bright as the threshold, the foregrounds of two copies can be cut out differently: then the
    whole images tell.

    Args:
        gray: uint8, shape [height, width].

    Returns:
        float32, shape [1024], all zeros where the foreground is of one value; and uint8, shape [1024].
    """
    image = Image.fromarray(gray)
    whole = _working_copy(image, (0.0, 0.0, float(image.width), float(image.height)))
    left, top, right, bottom = _box_in(whole, _FRAME)
    x, y = image.width / _WORKING_SIDE, image.height / _WORKING_SIDE
    working = _working_copy(image, (left * x, top * y, right * x, bottom * y))
    box = _box_in(working, _BACKGROUND)
    small = working.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR, box=box)
    values = np.asarray(small, dtype=np.float32).ravel()
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    frame = whole.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
    return values / length if length > 0 else values, np.asarray(frame).ravel()


def _working_copy(image: Image.Image, box: Box) -> Image.Image:
    smaller = min(box[2] - box[0], box[3] - box[1]) > _WORKING_SIDE
    filter_ = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return image.resize((_WORKING_SIDE, _WORKING_SIDE), filter_, box=box)


def _box_in(image: Image.Image, thresholds: tuple[float, float]) -> Box:
    brightness, line_share = thresholds
    return _foreground_box(image, brightness=brightness, line_share=line_share)
