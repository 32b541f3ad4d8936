"""The gray levels of the images that a model was trained on, as it takes them with it."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

LEVELS = 256


@dataclass(frozen=True, kw_only=True)
class IntensityReference:
    """What the histograms of the training images were like, and how far held-out images were from that.

    Histograms are those of decoded and resized images, so that service and training measure the same.

    Attributes:
        histogram: Mean share of the training images' pixels at each level from 0 to 255, by channel.
        largest_distance: Distance to that histogram, in gray levels, that images like the training ones rarely exceed.
        largest_black: Share of pixels at level 0 that they rarely exceed.
        largest_white: Share of pixels at level 255 that they rarely exceed.
        rarely: Share of such images that exceed one of these, in (0, 1).
        held_out: Images that were held out of the training and that the limits rest on.
    """

    histogram: tuple[tuple[float, ...], ...]
    largest_distance: float
    largest_black: float
    largest_white: float
    rarely: float
    held_out: int

    def __post_init__(self) -> None:
        if len(self.histogram) not in (1, 3) or any(len(channel) != LEVELS for channel in self.histogram):
            raise ValueError(f"Expected shares of {LEVELS} levels in 1 or 3 channels but got other numbers of them")
        sums = [sum(channel) for channel in self.histogram]
        if any(abs(total - 1) > 1e-3 for total in sums) or any(min(channel) < 0 for channel in self.histogram):
            raise ValueError(f"Expected shares that add up to 1 in each channel but they add up to {sums}")
        limits = (self.largest_distance / LEVELS, self.largest_black, self.largest_white)
        if not all(0 <= limit <= 1 for limit in limits) or not 0 < self.rarely < 1 or self.held_out < 1:
            raise ValueError(f"Expected limits that images can have but got {limits}, {self.rarely}, {self.held_out}")

    def distance(self, histogram: NDArray[np.float64]) -> float:
        """Returns how far an image's histogram is from that of the training images, in gray levels.

        The distance is the mean over channels of the 1-D Wasserstein distance, which is the area between the two
        cumulative distributions (Ramdas, Trillos and Cuturi 2017, Entropy 19:47): as many levels as the pixels would
        have to be shifted by on average.

        Args:
            histogram: Share of the pixels at each level, shape [channels, 256].

        Raises:
            ValueError: If the image has another number of channels.
        """
        expected = self._expected
        if histogram.shape != expected.shape:
            raise ValueError(f"Expected a histogram of shape {expected.shape} but got {histogram.shape}")
        return float(np.abs(np.cumsum(histogram - expected, axis=1)).sum(axis=1).mean())

    @cached_property
    def _expected(self) -> NDArray[np.float64]:
        return np.asarray(self.histogram)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the reference from what `to_dict` gave, also after a trip through JSON."""
        return cls(**{**values, "histogram": tuple(tuple(channel) for channel in values["histogram"])})
