import itertools
import mmap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.data.pixel_rows import PixelRows
from medimage.training.inputs.windows import read_rows, windows

ROW_BYTES = 100


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), max_size=60), st.integers(1, 40))
def test_windows_hold_all_batches_in_their_order_and_within_their_size(sizes: list[int], rows_at_most: int) -> None:
    batches = [np.full(size, number) for number, size in enumerate(sizes)]
    found = list(windows(batches, row_bytes=ROW_BYTES, window_bytes=rows_at_most * ROW_BYTES))
    assert [batch[0] for window in found for batch in window] == list(range(len(sizes)))
    assert all(len(window) == 1 or sum(map(len, window)) <= rows_at_most for window in found)
    assert all(len(after) <= 2 * len(before) for before, after in itertools.pairwise(found))


def test_first_window_is_one_batch_and_later_ones_grow() -> None:
    batches = [np.arange(4)] * 100
    lengths = [len(window) for window in windows(batches, row_bytes=ROW_BYTES, window_bytes=20 * 4 * ROW_BYTES)]
    assert lengths == [1, 2, 4, 8, 16, 20, 20, 20, 9]


class Mapping(mmap.mmap):
    """A mapped file that remembers what it was told."""

    told: list[tuple[int, int]]

    def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
        assert option == mmap.MADV_WILLNEED
        super().madvise(option, start, length)
        self.told.append((start, start + length))


@pytest.mark.parametrize("chosen", [False, True])
def test_system_is_told_in_ascending_order_which_parts_will_be_read(
    chosen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 37, 241, 1), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    monkeypatch.setattr(mmap, "mmap", Mapping)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    mapping = mapped.base
    assert isinstance(mapping, Mapping)
    mapping.told = []
    rows, places = np.array([7, 3, 3, 49, 0]), np.random.default_rng(1).permutation(50)
    into = np.zeros((5, *images.shape[1:]), dtype=np.uint8)

    read_rows(PixelRows(mapped, places) if chosen else mapped, rows, into=list(into))

    wanted = places[rows] if chosen else rows
    assert np.array_equal(into, images[wanted])
    # The header of the file is 128 bytes long.
    starts = [128 + int(row) * images[0].nbytes for row in sorted(wanted)]
    for start, (told_from, told_to) in zip(starts, mapping.told, strict=True):
        assert told_from <= start < told_from + mmap.PAGESIZE
        assert told_to == start + images[0].nbytes


def test_part_of_a_mapped_array_is_read_like_any_other(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 1), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    part = np.load(tmp_path / "images.npy", mmap_mode="r")[10:]
    into = np.empty((2, 4, 4, 1), dtype=np.uint8)
    read_rows(part, np.array([9, 1]), into=list(into))
    assert np.array_equal(into, images[[19, 11]])
