"""The outermost frame of an image: what a class should not be recognised by."""

import numpy as np
from numpy.typing import NDArray


def border_width(size: int, share: float) -> int:
    """Returns the width of the frame in pixels, at least 1.

    Args:
        size: Side of the image, in pixels.
        share: Width as a share of the side.
    """
    return max(1, round(size * share))


def border_features(image: NDArray[np.uint8], width: int) -> NDArray[np.float64]:
    """Describes the frame of an image by little, so that anatomy hardly matters.

    Eight numbers per channel: mean and standard deviation along each of the four sides. They show dark or bright rims,
    marks, burnt-in text and noise, and leave out where along a side something lies.

    Args:
        image: uint8, shape [height, width, channels].
        width: Width of the frame in pixels.

    Returns:
        float64, shape [8 x channels], in gray levels from 0 to 255.
    """
    sides = (image[:width], image[-width:], image[:, :width], image[:, -width:])
    flat = [side.reshape(-1, image.shape[2]).astype(np.float64) for side in sides]
    return np.concatenate([values for side in flat for values in (side.mean(axis=0), side.std(axis=0))])


def without_inside(image: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Returns a copy in which everything but the frame is middle gray."""
    frame = image.copy()
    frame[width:-width, width:-width] = 128
    return frame
