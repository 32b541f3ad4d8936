"""A small picture of what an image shows, for comparing images with each other."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

THUMBNAIL_SIDE = 32
_FOREGROUND_SHARE_OF_MAXIMUM = 0.06
_FOREGROUND_MINIMUM = 8
"""Values at most this dark are background: scanners add noise to black, and JPEG rings around it."""

_LINE_SHARE = 0.02
"""A row or column belongs to the foreground when more than this share of it is bright: specks do not count."""


def foreground_crop(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cuts away the dark border around what is imaged.

    Plain hashes take two images for alike because both have a wide black border; without it they do not.

    Args:
        gray: uint8, shape [height, width].

    Returns:
        The part inside the border; the whole image where less than 8 rows or columns would be left.
    """
    threshold = max(_FOREGROUND_MINIMUM, _FOREGROUND_SHARE_OF_MAXIMUM * int(gray.max()))
    bright = gray > threshold
    rows = np.flatnonzero(bright.mean(axis=1) > _LINE_SHARE)
    columns = np.flatnonzero(bright.mean(axis=0) > _LINE_SHARE)
    if len(rows) < 8 or len(columns) < 8:
        return gray
    return gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def thumbnail(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns the foreground at 32 x 32 pixels with mean 0 and length 1.

    The dot product of two thumbnails is their Pearson correlation: brightness and contrast do not matter.

    Args:
        gray: uint8, shape [height, width].

    Returns:
        float32, shape [1024]; all zeros where the foreground is of one value.
    """
    small = Image.fromarray(foreground_crop(gray)).resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    values = np.asarray(small, dtype=np.float32).ravel()
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    return values / length if length > 0 else values
