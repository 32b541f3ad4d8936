"""Whole images at a small size, and whether two that are alike show the same thing."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.data.audit.mirrored import Orientation, mirrored
from medimage.data.audit.thumbnail import THUMBNAIL_SIDE

_FOREGROUND = 0.1
"""Share of the range from darkest to brightest pixel from which a pixel counts as foreground."""

_BRIGHTEST = 0.99
"""Quantile taken for the brightest pixel: a burnt-in mark aside."""

_INSIDE = 0.65
"""Correlation inside the common foreground from which two like frames show the same thing. Of 1,162 pairs of like
frames of public brain images, which are copies or neighbouring slices, 99 % reach 0.69; different textures in one
outline reach 0.58."""

_FEWEST_PIXELS = 64
"""Pixels inside a common foreground below which they tell nothing."""


@dataclass(frozen=True)
class Frames:
    """Whole images, and what is inside of their foreground.

    Two images of different things on wide dark backgrounds correlate highly, because both have the same outline. So
    like frames are compared again inside of what both show, without the rim where outline and background meet.

    Attributes:
        levels: float32, shape [images, 1024], gray levels.
        normalised: The same with mean 0 and length 1, or all zeros.
        inside: bool, shape [images, 1024]: foreground that has nothing but foreground around it.
    """

    levels: NDArray[np.float32]
    normalised: NDArray[np.float32]
    inside: NDArray[np.bool_]

    @classmethod
    def build(cls, frames: NDArray[np.uint8]) -> Self:
        """Prepares frames for comparison.

        Args:
            frames: uint8, shape [images, 1024].
        """
        levels = frames.astype(np.float32)
        centred = levels - levels.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        darkest = levels.min(axis=1, keepdims=True)
        brightest = np.quantile(frames, _BRIGHTEST, axis=1, keepdims=True)
        foreground = levels > darkest + _FOREGROUND * (brightest - darkest)
        pictures = foreground.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        # An object that leaves the image has no rim there.
        eroded = scipy.ndimage.binary_erosion(pictures, np.ones((1, 3, 3)), border_value=1)
        inside = eroded.reshape(levels.shape).astype(np.bool_)
        return cls(levels, np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0), inside)

    def show_the_same(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], orientation: Orientation
    ) -> NDArray[np.bool_]:
        """Returns for each pair of images whether they correlate inside of what both show.

        Args:
            rows: First image of each pair.
            columns: Second image of each pair.
            orientation: How the second one lies.
        """
        common = self.inside[rows] & mirrored(self.inside[columns], orientation)
        pixels = common.sum(axis=1)

        def centred(levels: NDArray[np.float32]) -> NDArray[np.float32]:
            means = (levels * common).sum(axis=1) / np.maximum(pixels, 1)
            return (levels - means[:, None].astype(np.float32)) * common

        left, right = centred(self.levels[rows]), centred(mirrored(self.levels[columns], orientation))
        lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
        products = np.einsum("ij,ij->i", left, right)
        return (pixels >= _FEWEST_PIXELS) & (products >= _INSIDE * lengths) & (lengths > 0)
