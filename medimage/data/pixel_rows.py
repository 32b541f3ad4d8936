"""Some of the images of a memory map, read only when they are asked for."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PixelRows:
    """Rows of an array too large to be copied, indexed like an array of their own.

    Attributes:
        source: uint8, shape [all images, height, width, channels]; usually memory-mapped.
        rows: int64, shape [images]: the rows of `source`, in order.

    Raises:
        IndexError: If a row is not in `source`.
    """

    source: NDArray[np.uint8]
    rows: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.rows) and not (self.rows.min() >= 0 and self.rows.max() < len(self.source)):
            raise IndexError(
                f"Expected rows from 0 to {len(self.source) - 1} but got {self.rows.min()} to {self.rows.max()}"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows, height, width, channels."""
        return (len(self.rows), *self.source.shape[1:])

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """Always uint8."""
        return self.source.dtype

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.source.ndim

    @property
    def nbytes(self) -> int:
        """Bytes that all rows would take in memory."""
        return len(self.rows) * self.source[:1].nbytes

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int | np.integer | slice | NDArray[np.int64]) -> NDArray[np.uint8]:
        """Reads the rows at `index` into an array of its own, which may be written to."""
        return np.array(self.source[self.rows[index]])

    def take(self, index: NDArray[np.int64]) -> "PixelRows":
        """Returns the rows at `index`, still unread."""
        return PixelRows(self.source, self.rows[index])


Pixels: TypeAlias = NDArray[np.uint8] | PixelRows
"""Images that are resident or read as they are indexed."""
