"""What is measured on an image beside its class."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimage.serving.quality.intensity_reference import LEVELS


@dataclass(frozen=True, kw_only=True, eq=False)
class ObservedImage:
    """An image as the network sees it, with what is known of the file that it came from.

    Attributes:
        pixels: Decoded and resized, uint8, shape [size, size, 1 or 3].
        width: Width of the decoded image, in pixels.
        height: Its height.
        decoder_warned: Whether the decoder gave every pixel but was not content with the file.
        embedding: What the network makes of it before its last layer, shape [features]; None where the graph does not
            give it.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    decoder_warned: bool = False
    embedding: NDArray[np.float32] | None = None

    @cached_property
    def histogram(self) -> NDArray[np.float64]:
        """Share of the pixels at each level from 0 to 255, shape [channels, 256]."""
        channels = self.pixels.shape[2]
        counts = Image.fromarray(self.pixels[:, :, 0] if channels == 1 else self.pixels).histogram()
        return np.asarray(counts, dtype=np.float64).reshape(channels, LEVELS) / self.pixels[:, :, 0].size

    @cached_property
    def pooled(self) -> NDArray[np.float64]:
        """Share of all samples, of whichever channel, at each level, shape [256]."""
        return self.histogram.mean(axis=0)

    @property
    def mean(self) -> float:
        """Mean of all samples, in gray levels."""
        return float(self.pooled @ np.arange(LEVELS))

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of all samples, in gray levels."""
        return float(np.sqrt(self.pooled @ (np.arange(LEVELS) - self.mean) ** 2))

    def level_at(self, share: float) -> int:
        """Returns the level that just so large a share of the samples does not exceed (a quantile)."""
        return int(np.searchsorted(np.cumsum(self.pooled), share - 1e-9))
