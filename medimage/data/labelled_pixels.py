"""Pixels with their labels: what a network is trained and judged on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from medimage.data.pixel_rows import PixelRows, Pixels


@dataclass(frozen=True, kw_only=True)
class LabelledPixels:
    """Images of one part of a split.

    Attributes:
        image_ids: SHA-256 of each image's encoded bytes.
        groups: Patient, lesion or duplicate cluster of each image; images of one group are not independent.
        pixels: uint8, shape [images, height, width, channels], channels 1 or 3, values 0 to 255; resident, or read
            from a memory map as they are indexed.
        labels: int64, shape [images], index of each image's class in `classes`.
        classes: Class names in the order of the network's outputs.
    """

    image_ids: tuple[str, ...]
    groups: tuple[str, ...]
    pixels: Pixels
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        count = len(self.image_ids)
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 4 or self.pixels.shape[3] not in (1, 3):
            raise ValueError(
                "Expected pixels as uint8 [images, height, width, 1 or 3] "
                f"but got {self.pixels.dtype} {list(self.pixels.shape)}"
            )
        if not (len(self.pixels) == len(self.labels) == len(self.groups) == count):
            raise ValueError(
                f"Expected {count} images everywhere but got {len(self.pixels)} pixels, "
                f"{len(self.labels)} labels and {len(self.groups)} groups"
            )
        if count and not (self.labels.min() >= 0 and self.labels.max() < len(self.classes)):
            raise ValueError(f"Expected labels from 0 to {len(self.classes) - 1} but got {np.unique(self.labels)}")

    def __len__(self) -> int:
        return len(self.image_ids)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Returns the images at `rows`, in that order."""
        return type(self)(
            image_ids=tuple(self.image_ids[row] for row in rows),
            groups=tuple(self.groups[row] for row in rows),
            pixels=self.pixels.take(rows) if isinstance(self.pixels, PixelRows) else self.pixels[rows],
            labels=self.labels[rows],
            classes=self.classes,
        )
