"""A heat map over its image, and alone."""

import numpy as np
from numpy.typing import NDArray

from medimage.serving.heat_maps.inferno import INFERNO

_IMAGE_SHARE = 0.35
"""Share of the image in a heat map. It is the same wherever the map is hot or cold: with more colour where it is hot,
hot places of a bright image would be darker than cold ones, and a print in grey would turn the map over."""


def blend(pixels: NDArray[np.uint8], heat: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lays a heat map over an image in grey.

    Args:
        pixels: uint8, shape [height, width, 1 or 3].
        heat: uint8, shape [height, width].

    Returns:
        uint8, shape [height, width, 3]; at each place brighter the hotter it is.
    """
    # Luma of ITU-R BT.601, as Pillow turns colours into grey.
    gray = pixels.astype(np.float64) @ (np.array([0.299, 0.587, 0.114]) if pixels.shape[2] == 3 else np.ones(1))
    return (_IMAGE_SHARE * gray[..., None] + (1 - _IMAGE_SHARE) * INFERNO[heat]).round().astype(np.uint8)


def as_layer(heat: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours a heat map to be laid over any picture of the image: the hotter, the less is seen through it.

    Args:
        heat: uint8, shape [height, width].

    Returns:
        uint8, shape [height, width, 4]: red, green, blue and opacity, which is the heat.
    """
    return np.concatenate([INFERNO[heat], heat[..., np.newaxis]], axis=2)


def in_levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Returns heat in [0, 1] in 256 degrees, uint8, of the same shape."""
    return (values * 255).round().astype(np.uint8)
