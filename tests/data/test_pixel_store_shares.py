from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.pixel_files import HISTOGRAMS_FILE, PIXELS_FILE
from medimage.data.pixel_store import PixelStore
from medimage.data.pixel_store_shares import images_of_share, merge_pixel_stores
from medimage.errors import StorageError
from medimage.serving.color_mode import ColorMode
from medimage.work_share import WorkShare
from tests.support.images import encode, textured

IMAGES = 23
SIZE = 12


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> ImageTable:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MEDIMAGE_HOME", str(tmp_path_factory.mktemp("home")))
        records = [
            ImageRecord(name=f"{number:03d}", encoded=encode(textured(number)), label="ab"[number % 2])
            for number in range(IMAGES)
        ]
        # Stored in another order than that of the names.
        return ImageTable.write(records[::-1], classes=("a", "b"))


def build_shares(
    table: ImageTable, ids: Sequence[str], count: int, *, color_mode: ColorMode = "gray"
) -> list[PixelStore]:
    return [
        PixelStore.build(
            table,
            image_ids=images_of_share(table, ids, WorkShare(number=number, count=count)),
            size=SIZE,
            color_mode=color_mode,
            threads=1,
        )
        for number in range(count)
    ]


def files_of(store: PixelStore) -> list[bytes]:
    return [store.shards.local_path(name).read_bytes() for name in (PIXELS_FILE, HISTOGRAMS_FILE)]


@settings(max_examples=25, deadline=None)
@given(data=st.data(), count=st.integers(1, IMAGES + 3), color_mode=st.sampled_from(["gray", "rgb"]))
def test_any_number_of_shares_gives_the_store_that_is_built_at_once(
    table: ImageTable, data: st.DataObject, count: int, color_mode: ColorMode
) -> None:
    # Some of the images, in any order, some of them twice; more shares than images leave shares empty.
    ids = data.draw(st.lists(st.sampled_from(sorted(table.records["image_id"])), max_size=IMAGES + 5))
    whole = PixelStore.build(table, image_ids=ids, size=SIZE, color_mode=color_mode, threads=1)
    parts = build_shares(table, ids, count, color_mode=color_mode)
    merged = merge_pixel_stores(data.draw(st.permutations(parts)), image_ids=ids)
    assert files_of(merged) == files_of(whole)
    assert (merged.content_hash, merged.image_ids) == (whole.content_hash, whole.image_ids)
    assert (merged.size, merged.channels, merged.preprocessing) == (whole.size, whole.channels, whole.preprocessing)


def test_a_share_is_of_neighbours_in_storage(table: ImageTable) -> None:
    ids = sorted(table.records["image_id"])
    rows = table.records.set_index("image_id")["row"]
    shares = [images_of_share(table, ids, WorkShare(number=number, count=4)) for number in range(4)]
    assert [int(rows[image_id]) for share in shares for image_id in share] == list(range(IMAGES))


def test_an_image_that_is_not_in_the_table_is_refused(table: ImageTable) -> None:
    with pytest.raises(KeyError):
        images_of_share(table, ["unknown"], WorkShare(number=0, count=1))


@pytest.mark.parametrize("name", [PIXELS_FILE, HISTOGRAMS_FILE])
def test_a_part_that_was_damaged_on_its_way_is_told(table: ImageTable, name: str) -> None:
    ids = sorted(table.records["image_id"])
    parts = build_shares(table, ids, 3)
    path: Path = parts[1].shards.local_path(name)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"part 2, 8 images, .*--no-cache"):
        merge_pixel_stores(parts, image_ids=ids)


def test_parts_that_are_not_those_of_the_whole_are_refused(table: ImageTable) -> None:
    ids = sorted(table.records["image_id"])
    parts = build_shares(table, ids, 3)
    for wrong in (parts[:2], [*parts, parts[0]], build_shares(table, ids[1:], 3)):
        with pytest.raises(ValueError, match="each of 23 images once"):
            merge_pixel_stores(wrong, image_ids=ids)
    other = PixelStore.build(table, image_ids=parts[2].image_ids, size=SIZE + 1, color_mode="gray")
    with pytest.raises(ValueError, match="one size"):
        merge_pixel_stores([*parts[:2], other], image_ids=ids)
    with pytest.raises(ValueError, match="one size"):
        merge_pixel_stores([], image_ids=ids)


def test_a_merged_store_is_read_as_any_other(table: ImageTable) -> None:
    ids = sorted(table.records["image_id"])
    merged = merge_pixel_stores(build_shares(table, ids, 5), image_ids=ids)
    whole = PixelStore.build(table, image_ids=ids, size=SIZE, color_mode="gray")
    chosen = ids[3:9]
    np.testing.assert_array_equal(merged.pixels[merged.rows(chosen)], whole.pixels[whole.rows(chosen)])
    assert merged.normalization(chosen) == whole.normalization(chosen)
