"""What is measured on an image beside its class, each measurement once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medimage.serving.model_metadata import ModelMetadata
from medimage.serving.quality.intensity_reference import LEVELS

_LEVELS = np.arange(LEVELS, dtype=np.float64)

_SHARPNESS_ROWS = 64
"""About so many rows of pixels, and no more than each fourth, tell how sharp an image is in 0.05 ms at any size."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ObservedImage:
    """An image as the network sees it, with what is known of the file that it came from.

    Attributes:
        pixels: Decoded and resized, uint8, shape [size, size, 1 or 3].
        metadata: The model, with what it takes with it of the images that it was trained on.
        width: Width of the decoded image, in pixels.
        height: Its height.
        decoder_warned: Whether the decoder gave every pixel but was not content with the file.
        embedding: What the network makes of it before its last layer, shape [features]; None where the graph does not
            give it.
    """

    pixels: NDArray[np.uint8]
    metadata: ModelMetadata
    width: int
    height: int
    decoder_warned: bool = False
    embedding: NDArray[np.float32] | None = None

    @cached_property
    def histogram(self) -> NDArray[np.float64]:
        """Share of the pixels at each level from 0 to 255, shape [channels, 256]."""
        channels = self.pixels.shape[2]
        counts = [np.bincount(self.pixels[:, :, channel].ravel(), minlength=LEVELS) for channel in range(channels)]
        return np.stack(counts) / self.pixels[:, :, 0].size

    @cached_property
    def pooled(self) -> NDArray[np.float64]:
        """Share of all samples, of whichever channel, at each level, shape [256]."""
        return self.histogram.mean(axis=0)

    @cached_property
    def histogram_distance(self) -> float | None:
        """How far its gray levels are from those of training images, in gray levels; None where these are unknown."""
        reference = self.metadata.intensities
        return None if reference is None else reference.distance(self.histogram)

    @cached_property
    def embedding_distance(self) -> float | None:
        """How far its embedding is from theirs, in standard deviations; None where one of them is unknown."""
        reference = self.metadata.embeddings
        return None if reference is None or self.embedding is None else reference.distance(self.embedding)

    @cached_property
    def mean(self) -> float:
        """Mean of all samples, in gray levels."""
        return float(self.pooled @ _LEVELS)

    @cached_property
    def standard_deviation(self) -> float:
        """Standard deviation of all samples, in gray levels."""
        return float(np.sqrt(self.pooled @ (_LEVELS - self.mean) ** 2))

    @cached_property
    def sharpness(self) -> float:
        """Mean absolute difference of pixels that are neighbours in a row, in gray levels; 0 for a single column.

        It falls where an image is blurred or was enlarged, and rises with noise.
        """
        rows = self.pixels[:: max(4, len(self.pixels) // _SHARPNESS_ROWS)].astype(np.int16)
        differences = np.abs(rows[:, 1:] - rows[:, :-1])
        return float(differences.mean()) if differences.size else 0.0

    def level_at(self, share: float) -> int:
        """Returns the level that just so large a share of the samples does not exceed (a quantile)."""
        return int(np.searchsorted(self._cumulative, share - 1e-9))

    @cached_property
    def _cumulative(self) -> NDArray[np.float64]:
        return np.cumsum(self.pooled)
