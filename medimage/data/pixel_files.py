"""The arrays of a pixel store while they are written: image by image, in any order, by several threads."""

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image

PIXELS_FILE = "pixels.npy"
HISTOGRAMS_FILE = "histograms.npy"
DIGESTS_FILE = "digests.npy"

_DIGEST_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class PixelFiles:
    """Three arrays on disk: pixels, histograms, and a digest of both for each image that is finished.

    An image counts as finished where its digest fits its bytes. So it does not matter at which byte a process was
    killed: what is half-written, or damaged since, does not fit and is made again. They are written and not mapped
    into memory, which therefore does not grow with the number of images.

    Attributes:
        pixels: uint8, shape [images, size, size, channels].
        histograms: int64, shape [images, channels, 256].
        digests: uint8, shape [images, 32]: SHA-256 of an image's pixels and histogram, zero where not finished.
    """

    pixels: "_ArrayFile"
    histograms: "_ArrayFile"
    digests: "_ArrayFile"

    @classmethod
    @contextlib.contextmanager
    def opened(cls, folder: Path, *, images: int, size: int, channels: int) -> Iterator["PixelFiles"]:
        """Opens the arrays in a folder; those that are missing or of another shape are made anew.

        Args:
            folder: Where they lie.
            images: Number of images.
            size: Height and width, in pixels.
            channels: 1 or 3.
        """
        with (
            _ArrayFile.opened(folder / PIXELS_FILE, np.uint8, (images, size, size, channels)) as pixels,
            _ArrayFile.opened(folder / HISTOGRAMS_FILE, np.int64, (images, channels, 256)) as histograms,
            _ArrayFile.opened(folder / DIGESTS_FILE, np.uint8, (images, _DIGEST_BYTES)) as digests,
        ):
            yield cls(pixels=pixels, histograms=histograms, digests=digests)

    def write(self, row: int, image: NDArray[np.uint8]) -> None:
        """Writes one image, its histogram and the digest of both: then it is finished.

        Args:
            row: Its position.
            image: uint8, shape [size, size, channels], C-contiguous.
        """
        counts = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).histogram()
        self.copy(row, image, np.asarray(counts, dtype=np.int64))

    def copy(self, row: int, image: NDArray[np.uint8], histogram: NDArray[np.int64]) -> bytes:
        """Writes one image with the histogram that it has already, and returns the digest of both.

        Args:
            row: Its position.
            image: uint8, shape [size, size, channels], C-contiguous.
            histogram: int64, 256 counts of each channel, C-contiguous.
        """
        digest = _digest(image.data, histogram.data)
        self.pixels.write(row, image.data)
        self.histograms.write(row, histogram.data)
        self.digests.write(row, digest)
        return digest

    def flush(self) -> None:
        """Makes sure of all that was written: it has reached the disk, and survives the end of the machine."""
        for file in (self.pixels, self.histograms, self.digests):
            file.flush()

    def finished(self, row: int) -> bool:
        """Whether an image is there, and as it was written."""
        digest = self.digests.read(row)
        return any(digest) and digest == _digest(self.pixels.read(row), self.histograms.read(row))

    def digest_of_all(self, head: str) -> str:
        """Returns the SHA-256 of a text and all images' digests, in their order."""
        digest = hashlib.sha256(head.encode())
        for row in range(self.digests.rows):
            digest.update(self.digests.read(row))
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class _ArrayFile:
    """A `.npy` file of which single rows are written and read."""

    descriptor: int
    offset: int
    row_bytes: int
    rows: int

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> Iterator["_ArrayFile"]:
        head = io.BytesIO()
        description = npy.dtype_to_descr(np.dtype(dtype))
        npy.write_array_header_1_0(head, {"descr": description, "fortran_order": False, "shape": shape})
        row_bytes = int(np.prod(shape[1:])) * np.dtype(dtype).itemsize
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if os.pread(descriptor, head.tell(), 0) != head.getvalue():
                os.ftruncate(descriptor, 0)
                _write(descriptor, head.getvalue(), 0)
            os.ftruncate(descriptor, head.tell() + shape[0] * row_bytes)
            yield cls(descriptor=descriptor, offset=head.tell(), row_bytes=row_bytes, rows=shape[0])
        finally:
            os.close(descriptor)

    def write(self, row: int, values: memoryview | bytes) -> None:
        data = memoryview(values).cast("B")
        if len(data) != self.row_bytes or not 0 <= row < self.rows:
            raise ValueError(
                f"Expected {self.row_bytes} bytes for one of {self.rows} rows but got {len(data)} for {row}"
            )
        _write(self.descriptor, data, self.offset + row * self.row_bytes)

    def read(self, row: int) -> bytes:
        return os.pread(self.descriptor, self.row_bytes, self.offset + row * self.row_bytes)

    def flush(self) -> None:
        os.fsync(self.descriptor)


def _write(descriptor: int, data: bytes | memoryview, position: int) -> None:
    rest = memoryview(data)
    while rest:
        # The system may write less than it was given, such as what is left of the disk.
        written = os.pwrite(descriptor, rest, position)
        rest, position = rest[written:], position + written


def _digest(pixels: memoryview | bytes, histogram: memoryview | bytes) -> bytes:
    digest = hashlib.sha256(pixels)
    digest.update(histogram)
    return digest.digest()
