"""Rows of images read several batches at a time, in the order in which they lie on the disk."""

import mmap
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medimage.data.pixel_rows import PixelRows, Pixels

WINDOW_BYTES: Final = 64 * 2**20
"""What is read at once, about. Three such windows are in memory at most: one in use, one waiting, one being read."""


def windows(
    batches: Sequence[NDArray[np.int64]], *, row_bytes: int, window_bytes: int = WINDOW_BYTES
) -> Iterator[Sequence[NDArray[np.int64]]]:
    """Groups batches that follow each other into windows.

    The first window is one batch, so that training need not wait for more; each further one has at most twice as many
    as the one before.

    Args:
        batches: Rows of each batch.
        row_bytes: Bytes of a row.
        window_bytes: Bytes that a window holds at most, unless one batch alone has more.
    """
    start, most = 0, 1
    while start < len(batches):
        stop, held = start, 0
        while stop < len(batches) and stop - start < most:
            held += len(batches[stop]) * row_bytes
            if stop > start and held > window_bytes:
                break
            stop += 1
        yield batches[start:stop]
        most = 2 * (stop - start)
        start = stop


def read_rows(
    inputs: Pixels | NDArray[np.float32], rows: NDArray[np.int64], *, into: Sequence[NDArray[np.generic]]
) -> None:
    """Copies rows of an array that may be memory-mapped.

    They are read in ascending order, after the system was told of all of them, so that it asks a disk for many at once
    and in one direction. A shuffled order alone makes it fetch one image after the other and wait each time.

    Args:
        inputs: Array, or rows of one.
        rows: Which rows.
        into: Where each of them goes, in the order of `rows`.
    """
    array = inputs.source if isinstance(inputs, PixelRows) else inputs
    wanted = inputs.rows[rows] if isinstance(inputs, PixelRows) else rows
    ascending = np.argsort(wanted, kind="stable")
    _announce(array, wanted[ascending])
    for place in ascending.tolist():
        into[place][...] = array[wanted[place]]


def _announce(array: NDArray[np.generic], rows: NDArray[np.int64]) -> None:
    """Tells the system which parts of a mapped file will be read; of other arrays there is nothing to tell."""
    if not isinstance(array, np.memmap) or not isinstance(array.base, mmap.mmap) or not array.flags.c_contiguous:
        return
    mapping, row_bytes = array.base, array[:1].nbytes
    # NumPy maps from the last allowed position before the array.
    first = array.offset % mmap.ALLOCATIONGRANULARITY
    for row in rows:
        start = first + int(row) * row_bytes
        page = start - start % mmap.PAGESIZE
        mapping.madvise(mmap.MADV_WILLNEED, page, start + row_bytes - page)
