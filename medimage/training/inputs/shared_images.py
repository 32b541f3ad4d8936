"""Images that several processes read from one file, instead of each having a copy of its own."""

import dataclasses
import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_rows import PixelRows, Pixels


@dataclass(frozen=True, kw_only=True)
class SharedPixels:
    """Where pixels lie; small enough to be sent to another process.

    Attributes:
        file: File with all pixels, uint8.
        offset: Where they begin in it, in bytes.
        shape: Shape of the array.
        rows: Which rows of it are meant.
    """

    file: Path
    offset: int
    shape: tuple[int, ...]
    rows: NDArray[np.int64]

    def open(self) -> PixelRows:
        """Maps the file into memory."""
        source = np.memmap(self.file, dtype=np.uint8, mode="r", offset=self.offset, shape=self.shape)
        return PixelRows(source, self.rows)


def share_pixels(pixels: Pixels, *, file: Path) -> SharedPixels:
    """Returns where pixels lie on the disk, after writing them there where they do not.

    Args:
        pixels: Resident or memory-mapped.
        file: File to write to, where that is needed.
    """
    source = pixels.source if isinstance(pixels, PixelRows) else pixels
    rows = pixels.rows if isinstance(pixels, PixelRows) else np.arange(len(pixels))
    # A part of a mapped array has the offset of the whole, so only whole ones can be named.
    if not isinstance(source, np.memmap) or not isinstance(source.base, mmap.mmap) or source.filename is None:
        np.save(file, source)
        source = np.load(file, mmap_mode="r")
    return SharedPixels(file=Path(str(source.filename)), offset=source.offset, shape=source.shape, rows=rows)


def without_pixels(images: LabelledPixels) -> LabelledPixels:
    """Returns images of no size, to be sent beside their shared pixels."""
    return dataclasses.replace(images, pixels=np.empty((len(images), 0, 0, images.pixels.shape[3]), dtype=np.uint8))
