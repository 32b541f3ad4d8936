"""Mean and standard deviation of pixels, exact, from integer histograms."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1024
"""Histograms that are read together: memory does not grow with the number of images."""


StatisticsSource = Literal["training", "pretrained"]


@dataclass(frozen=True, kw_only=True)
class NormalizationStats:
    """Per-channel statistics of pixels scaled to [0, 1], and what they were measured on.

    Attributes:
        mean: Mean of each channel, in [0, 1].
        std: Population standard deviation of each channel, in (0, 0.5]; what pretrained weights expect may be up to 1.
        input_size: Height and width the images had, in pixels; the statistics belong to this size.
        images: Number of images measured; 0 where the statistics are those of pretrained weights.
        source: What was measured: the training images, or those that pretrained weights were trained with.

    Raises:
        ValueError: If a value is not in its range.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    input_size: int
    images: int
    source: StatisticsSource

    def __post_init__(self) -> None:
        if self.source not in get_args(StatisticsSource):
            raise ValueError(f"Expected source to be one of {get_args(StatisticsSource)} but got {self.source!r}")
        if self.input_size < 1 or (self.images < 1) != (self.source == "pretrained") or self.images < 0:
            raise ValueError(
                "Expected a size of at least 1 pixel, and images that were measured, none only for pretrained weights, "
                f"but got {self.input_size} pixels and {self.images} images of source {self.source}"
            )
        if len(self.mean) != len(self.std) or len(self.mean) not in (1, 3):
            raise ValueError(f"Expected 1 or 3 channels but got mean {self.mean} and std {self.std}")
        largest = 1 if self.source == "pretrained" else 0.5
        if not all(0 <= value <= 1 for value in self.mean) or not all(0 < value <= largest for value in self.std):
            raise ValueError(f"Expected mean in [0, 1] and std in (0, {largest}] but got {self.mean} and {self.std}")


def normalization_from_histograms(
    histograms: NDArray[np.int64], *, input_size: int, rows: NDArray[np.int64] | None = None
) -> NormalizationStats:
    """Computes the exact mean and standard deviation of 8-bit pixels.

    The sums are integers, so the result does not depend on the order of images or on rounding.

    Args:
        histograms: Counts of the values 0 to 255, int64, shape [images, channels, 256].
        input_size: Height and width of the images, in pixels.
        rows: The images measured, int64, shape [measured]; all when not given.

    Raises:
        ValueError: If there is no pixel, or all pixels of a channel are equal.
    """
    measured = np.arange(len(histograms)) if rows is None else np.sort(rows)
    counts = np.zeros(histograms.shape[1:], dtype=np.int64)
    for start in range(0, len(measured), _BLOCK):
        counts += histograms[measured[start : start + _BLOCK]].sum(axis=0)
    values = np.arange(256, dtype=np.int64)
    pixels = counts.sum(axis=1)
    if len(measured) == 0 or np.any(pixels == 0):
        raise ValueError(f"Expected pixels to measure but got histograms of shape {list(histograms.shape)}")
    sums, squares = counts @ values, counts @ values**2
    mean, std = [], []
    for n, total, total_of_squares in zip(pixels.tolist(), sums.tolist(), squares.tolist(), strict=True):
        # Python integers do not overflow: n * sum(x^2) - sum(x)^2 is exact for any number of images.
        variance_times_n_squared = n * total_of_squares - total * total
        if variance_times_n_squared == 0:
            raise ValueError(f"Expected pixels that differ but all {n} pixels of a channel are {total / n:g}")
        mean.append(total / n / 255)
        std.append(variance_times_n_squared**0.5 / n / 255)
    return NormalizationStats(
        mean=tuple(mean), std=tuple(std), input_size=input_size, images=len(measured), source="training"
    )
