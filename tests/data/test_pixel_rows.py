import dataclasses
from pathlib import Path

import numpy as np
import pytest

from medimage.data.pixel_rows import PixelRows
from tests.support.training import bright_quarters

ROWS = np.array([4, 0, 4, 8, 2])


@pytest.fixture
def stored(tmp_path: Path) -> np.ndarray:
    np.save(tmp_path / "pixels.npy", bright_quarters(9, seed=0).pixels)
    return np.load(tmp_path / "pixels.npy", mmap_mode="r")


@pytest.mark.parametrize(
    "index",
    [3, -1, np.int64(2), slice(1, 4), slice(None), slice(4, None, -2), slice(9, 20), np.array([2, 0, 2]), np.arange(0)],
)
def test_rows_are_indexed_as_the_array_of_those_rows_is(stored: np.ndarray, index: object) -> None:
    rows, array = PixelRows(stored, ROWS), stored[ROWS]
    assert np.array_equal(rows[index], array[index])
    assert rows[index].dtype == np.uint8
    assert type(rows[index]) is np.ndarray


def test_rows_have_the_shape_of_the_array_of_those_rows(stored: np.ndarray) -> None:
    rows, array = PixelRows(stored, ROWS), stored[ROWS]
    assert (rows.shape, rows.dtype, rows.ndim, rows.nbytes) == (array.shape, array.dtype, array.ndim, array.nbytes)
    assert len(rows) == 5
    assert len(PixelRows(stored, ROWS[:0])) == 0


def test_what_is_read_may_be_written_to_and_the_file_stays_as_it_is(stored: np.ndarray) -> None:
    rows = PixelRows(stored, ROWS)
    before = np.array(stored)
    for index in (0, slice(0, 3), np.array([1])):
        rows[index][...] = 0
    assert np.array_equal(stored, before)


def test_rows_that_are_not_there_are_refused(stored: np.ndarray) -> None:
    for row in (-1, 9):
        with pytest.raises(IndexError, match="Expected rows from 0 to 8"):
            PixelRows(stored, np.array([0, row]))


def test_labelled_pixels_take_rows_without_reading_them(stored: np.ndarray) -> None:
    data = bright_quarters(9, seed=0)
    lazy = dataclasses.replace(data, pixels=PixelRows(stored, np.arange(9)))
    taken = lazy.take(ROWS)
    assert isinstance(taken.pixels, PixelRows)
    assert np.array_equal(taken.pixels[:], data.take(ROWS).pixels[:])
