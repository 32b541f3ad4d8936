"""The machines: how attenuation becomes the grey values of an image."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.data.synthetic.canvas import FloatArray


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """One machine.

    Attributes:
        name: Its name.
        gamma: Exponent of its grey scale.
        blur: Standard deviation of its point spread, as a share of the image size.
        sharpening: Strength of the edge enhancement of its software; 0 for none.
        grain: Standard deviation of the noise's correlation, in pixels; 0 for white noise.
        noise: Range of the noise's standard deviation, in shares of the grey scale.
        border: Largest width of its dark collimation border, as a share of the image size.
    """

    name: str
    gamma: float
    blur: float
    sharpening: float
    grain: float
    noise: tuple[float, float]
    border: float

    def acquire(self, attenuation: FloatArray, generator: np.random.Generator) -> NDArray[np.uint8]:
        """Takes one image.

        Automatic exposure sets mean and contrast of every image to values drawn at random, whatever is in the
        image, so that neither tells anything about the patient.

        Args:
            attenuation: float32, shape [size, size].
            generator: Source of randomness: exposure, contrast, noise and collimation.

        Returns:
            uint8, shape [size, size].
        """
        size = len(attenuation)
        blurred = scipy.ndimage.gaussian_filter(attenuation, self.blur * size)
        if self.sharpening:
            blurred += self.sharpening * (blurred - scipy.ndimage.gaussian_filter(blurred, 0.02 * size))
        contrast, mean = generator.uniform(0.85, 1.35), generator.uniform(-0.45, 0.45)
        standardised = (blurred - blurred.mean()) / blurred.std()
        grey = 1 / (1 + np.exp(-contrast * 1.2 * standardised - mean))
        grey = grey**self.gamma
        noise = generator.standard_normal((size, size), dtype=np.float32)
        if self.grain:
            noise = scipy.ndimage.gaussian_filter(noise, self.grain)
            noise /= noise.std()
        # Dense tissue lets fewer quanta through, so the bright parts of the image are the noisy ones.
        grey += generator.uniform(*self.noise) * (0.4 + grey) * noise
        grey *= self._collimation(size, generator)
        return (np.clip(grey, 0, 1) * 255 + 0.5).astype(np.uint8)

    def _collimation(self, size: int, generator: np.random.Generator) -> FloatArray:
        """Returns 1 inside the opening and 0.05 in the border, whose width differs from side to side."""
        opening = np.full((size, size), 0.05, dtype=np.float32)
        left, top, right, bottom = generator.uniform(0, self.border, size=4) * size
        opening[round(top) : size - round(bottom), round(left) : size - round(right)] = 1
        return opening


SCANNERS: Final = (
    Scanner(name="computed", gamma=1.15, blur=0.007, sharpening=0.0, grain=0.8, noise=(0.012, 0.035), border=0.05),
    Scanner(name="digital", gamma=0.85, blur=0.003, sharpening=0.4, grain=0.0, noise=(0.010, 0.030), border=0.0),
)
"""Computed radiography: soft, coarse grain, a visible collimation border. Digital: sharp, fine grain, none."""
