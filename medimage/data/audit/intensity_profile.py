"""How bright the training images are: what new images are held against."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

INTENSITY_COLUMNS = ("mean_intensity", "std_intensity", "low_intensity", "high_intensity")
"""Measures of one image, in gray levels from 0 to 255; see `DataAudit.images`."""

MEASURES: dict[str, str] = dict(
    zip(
        INTENSITY_COLUMNS,
        (
            "mean gray level",
            "contrast (standard deviation of the gray levels)",
            "darkest gray level (1st percentile)",
            "brightest gray level (99th percentile)",
        ),
        strict=True,
    )
)
"""What people call the measures of intensity."""

_ROUNDING = 1.0
"""Gray levels by which storing an image anew changes a measure of it: never a reason to call it strange."""

_LARGEST_VALUE = 255.0


@dataclass(frozen=True, kw_only=True)
class IntensityQuantiles:
    """One measure of intensity over many images, in gray levels.

    Attributes:
        low: Quantile with half of the share left out below it.
        first_quartile: A quarter of the images lie below.
        median: Half of the images lie below.
        third_quartile: Three quarters of the images lie below.
        high: Quantile with half of the share left out above it.
    """

    low: float
    first_quartile: float
    median: float
    third_quartile: float
    high: float

    def __post_init__(self) -> None:
        values = list(asdict(self).values())
        if not np.isfinite(values).all() or values != sorted(values):
            raise ValueError(f"Expected finite quantiles in rising order but got {values}")

    def widened(self, margin: float) -> tuple[float, float]:
        """Returns the range in which new images of the same kind lie.

        Args:
            margin: Interquartile ranges to add on either side.

        Returns:
            `low - d` and `high + d` with `d = margin * (third_quartile - first_quartile) + 1`, rounded outwards
            to a tenth and within 0 to 255. The quantiles make sure that the images measured lie inside by the stated
            share, whatever their distribution. The interquartile range stands for what few images do not show of the
            tails, and outliers do not move it. The 1 is the gray level that storing an image anew costs.
        """
        reach = margin * (self.third_quartile - self.first_quartile) + _ROUNDING
        low, high = math.floor(10 * (self.low - reach)) / 10, math.ceil(10 * (self.high + reach)) / 10
        return max(low, 0.0), min(high, _LARGEST_VALUE)


@dataclass(frozen=True, kw_only=True)
class IntensityProfile:
    """Robust quantiles of the intensities of images.

    Attributes:
        quantiles: Measure, one of `INTENSITY_COLUMNS` → its quantiles.
        images: Number of images measured.
        share: Share of the measured images between `low` and `high` of each measure, at least; in [0.5, 1], so that
            the quartiles lie between them.
        source: Which images were measured, in words, such as `training images`.
    """

    quantiles: Mapping[str, IntensityQuantiles]
    images: int
    share: float
    source: str

    def __post_init__(self) -> None:
        if tuple(self.quantiles) != INTENSITY_COLUMNS:
            raise ValueError(f"Expected quantiles of {INTENSITY_COLUMNS} but got those of {tuple(self.quantiles)}")
        if self.images < 1 or not 0.5 <= self.share <= 1:
            raise ValueError(
                f"Expected a share in [0.5, 1] of at least one image but got {self.share} of {self.images} images"
            )

    @classmethod
    def measure(cls, images: pd.DataFrame, *, share: float, source: str) -> Self:
        """Measures images.

        Args:
            images: One row per image with the columns `INTENSITY_COLUMNS`; rows without a number are left out.
            share: Share of them that must lie between `low` and `high` of each measure, in [0.5, 1].
            source: Which images these are, in words.

        Raises:
            ValueError: If no image has intensities.
        """
        values = images[list(INTENSITY_COLUMNS)].to_numpy(dtype=np.float64)
        known = values[np.isfinite(values).all(axis=1)]
        return cls.of_sorted(list(np.sort(known, axis=0).T), share=share, source=source)

    @classmethod
    def of_sorted(cls, values: Sequence[NDArray[np.float64]], *, share: float, source: str) -> Self:
        """Reads the quantiles of intensities that are sorted already.

        Args:
            values: One rising array per measure, in the order of `INTENSITY_COLUMNS`, in gray levels, finite.
            share: As for `measure`.
            source: As for `measure`.

        Raises:
            ValueError: If there is no image.
        """
        images = len(values[0])
        if not images:
            raise ValueError("Expected the intensities of at least one image but got none")
        last, tail = images - 1, (1 - share) / 2
        # Quantiles that are values of images, the outer ones rounded outwards: no fewer than the share lie between.
        low, high = math.floor(tail * last), math.ceil((1 - tail) * last)
        first, middle, third = round(last / 4), round(last / 2), round(3 * last / 4)
        return cls(
            quantiles={
                column: IntensityQuantiles(
                    low=float(rising[low]),
                    first_quartile=float(rising[first]),
                    median=float(rising[middle]),
                    third_quartile=float(rising[third]),
                    high=float(rising[high]),
                )
                for column, rising in zip(INTENSITY_COLUMNS, values, strict=True)
            },
            images=images,
            share=share,
            source=source,
        )

    def ranges(self, margin: float) -> dict[str, tuple[float, float]]:
        """Returns the widened range of each measure, in gray levels; see `IntensityQuantiles.widened`."""
        return {column: quantiles.widened(margin) for column, quantiles in self.quantiles.items()}

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the profile from what `to_dict` gave."""
        quantiles = {column: IntensityQuantiles(**values["quantiles"][column]) for column in INTENSITY_COLUMNS}
        return cls(**{**values, "quantiles": quantiles})
