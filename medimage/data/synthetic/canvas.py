"""The coordinates phantoms are drawn in, and the shapes they are drawn with.

A patient is drawn once on a canvas somewhat larger than the image, which every image then views through its own
rotation, zoom and shift. The view without any of these shows x and y from -1 to 1, x to the right and y downwards,
so that lengths do not depend on the number of pixels.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
"""Arrays are float32 throughout; the type says less because Python floats keep a precision only at run time."""

EXTENT: Final = 1.3
"""The canvas reaches from -EXTENT to EXTENT, enough for every rotation, zoom and shift."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """Coordinates of every point of the drawing area.

    Attributes:
        size: Height and width, in points.
        x: float32, shape [1, size], from -EXTENT to EXTENT.
        y: float32, shape [size, 1], from -EXTENT to EXTENT.
    """

    size: int
    x: FloatArray
    y: FloatArray

    def distance(self, center: tuple[float, float], *, squeeze: float = 1.0) -> FloatArray:
        """Returns the distance of every point from a centre.

        Args:
            center: x and y.
            squeeze: Factor by which distances count more along x and less along y.

        Returns:
            float32, shape [size, size].
        """
        x, y = center
        return np.sqrt(((self.x - x) * squeeze) ** 2 + ((self.y - y) / squeeze) ** 2)

    def smooth_noise(self, generator: np.random.Generator, *, wavelength: float) -> FloatArray:
        """Returns Gaussian noise of unit variance whose structures are about `wavelength` long.

        Random values on a coarse lattice are spread by a Gaussian kernel, so that the pattern is the same, only
        finer sampled, on a canvas with more points.

        Returns:
            float32, shape [size, size].
        """
        kernel = _spreading_kernel(self.size, wavelength)
        lattice = generator.standard_normal((kernel.shape[1], kernel.shape[1]), dtype=np.float32)
        return kernel @ lattice @ kernel.T


@lru_cache(maxsize=4)
def canvas_of(image_size: int) -> Canvas:
    """Returns the canvas for images of `image_size` pixels, with about the same distance between points."""
    size = round(image_size * EXTENT)
    line = np.linspace(-EXTENT, EXTENT, size, dtype=np.float32)
    return Canvas(size=size, x=line[None, :], y=line[:, None])


@lru_cache(maxsize=64)
def _spreading_kernel(size: int, wavelength: float) -> FloatArray:
    """Returns the matrix that spreads a lattice of random values over a line, rows of unit length."""
    spacing = wavelength / 4
    nodes = np.arange(-EXTENT - 3 * spacing, EXTENT + 3 * spacing, spacing)
    distances = (np.linspace(-EXTENT, EXTENT, size)[:, None] - nodes[None, :]) / spacing
    kernel = np.exp(-0.5 * distances**2)
    return (kernel / np.sqrt((kernel**2).sum(axis=1, keepdims=True))).astype(np.float32)


def rising_edge(distance: FloatArray, *, width: float) -> FloatArray:
    """Returns 0 below `-width / 2`, 1 above `width / 2`, and a smooth cubic step between."""
    share = np.clip(distance / width + 0.5, 0, 1)
    return share * share * (3 - 2 * share)


def bump(distance: FloatArray, *, radius: float) -> FloatArray:
    """Returns 1 at distance 0, falling smoothly to exactly 0 from `radius` on: (1 - (d / r)^2)^2."""
    share = np.clip(1 - (distance / radius) ** 2, 0, None)
    return share * share
