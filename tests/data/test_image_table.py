from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medimage.data.box import Box
from medimage.data.image_record import ImageRecord
from medimage.data.image_shards import ROW_GROUP_IMAGES, ShardWriter, read_images, shard_name
from medimage.data.image_table import ImageTable
from medimage.data.shards import DirectoryShards
from medimage.data.split import Part, Split
from tests.support.images import encode, textured


def records(count: int) -> list[ImageRecord]:
    return [
        ImageRecord(name=f"{number:04d}.png", encoded=encode(textured(number)), label="ab"[number % 2])
        for number in range(count)
    ]


def test_bytes_come_back_as_they_went_in_across_row_groups() -> None:
    written = records(2 * ROW_GROUP_IMAGES + 3)
    table = ImageTable.write(written, classes=("a", "b"))
    assert dict(table.encoded_images()) == {record.image_id: record.encoded for record in written}


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 700), min_size=1, max_size=80), repeated=st.integers(0, 199))
def test_files_that_are_full_are_followed_by_others_and_every_image_is_where_it_was_said(
    sizes: list[int], repeated: int
) -> None:
    shards = DirectoryShards.temporary()
    writer = ShardWriter(shards, shard_bytes=1000)
    images = [(f"{number:064x}", bytes([number % 256]) * size) for number, size in enumerate(sizes)]
    again = repeated % len(images)
    places = [writer.add(*image) for image in [*images, images[again]]]
    writer.close()
    assert places.pop() == places[again]
    assert len(set(places)) == len(places)
    for number in sorted({shard for shard, _ in places}):
        held = [image for image, (shard, _) in zip(images, places, strict=True) if shard == number]
        rows = [row for shard, row in places if shard == number]
        assert rows == list(range(len(held)))
        assert list(read_images(shards.local_path(shard_name(number)), rows)) == held
        # The last image may pass the limit.
        assert sum(len(encoded) for _, encoded in held[:-1]) < 1000


def test_single_images_are_found_by_id() -> None:
    written = records(ROW_GROUP_IMAGES + 5)
    table = ImageTable.write(written, classes=("a", "b"))
    wanted = [written[-1].image_id, written[0].image_id]
    assert {image_id for image_id, _ in table.encoded_images(wanted)} == set(wanted)
    with pytest.raises(KeyError, match="1 others"):
        list(table.encoded_images(["0" * 64]))


def test_records_are_read_without_the_images() -> None:
    table = ImageTable.write(records(3), classes=("a", "b"))
    for name in table.shard_names:
        table.shards.local_path(name).unlink()
    fresh = ImageTable(table.shards, table.classes, (), 3)
    assert fresh.records["name"].tolist() == ["0000.png", "0001.png", "0002.png"]
    assert fresh.records["width"].tolist() == [48, 48, 48]


def test_copies_of_an_image_keep_a_row_each_and_one_set_of_bytes() -> None:
    encoded = encode(textured(1))
    copies = [ImageRecord(name=name, encoded=encoded, label="a") for name in ("x.png", "y.png")]
    table = ImageTable.write(copies, classes=("a", "b"))
    assert len(table.records) == 2
    assert len(list(table.encoded_images())) == 1


def test_content_hash_follows_content_and_not_the_order_of_reading() -> None:
    written = records(4)
    table = ImageTable.write(written, classes=("a", "b"))
    assert ImageTable.write(written[::-1], classes=("a", "b")).content_hash == table.content_hash
    changed = [*written[:3], ImageRecord(name="0003.png", encoded=encode(textured(99)), label="b")]
    assert ImageTable.write(changed, classes=("a", "b")).content_hash != table.content_hash


def test_a_file_that_is_no_image_is_kept_for_the_audit_with_an_empty_header() -> None:
    table = ImageTable.write([ImageRecord(name="x.png", encoded=b"not an image", label="a")], classes=("a", "b"))
    row = table.records.iloc[0]
    assert (row["width"], row["height"], row["mode"], row["bytes"]) == (0, 0, "", 12)


def test_lesion_boxes_come_back_by_image() -> None:
    box = Box(left=1, top=2, right=30, bottom=40)
    record = ImageRecord(name="x.png", encoded=encode(np.zeros((48, 48), np.uint8)), label="a", lesion_boxes=(box,))
    table = ImageTable.write([record, *records(2)], classes=("a", "b"))
    assert table.lesion_boxes() == {record.image_id: (box,)}


def test_lesion_boxes_follow_the_size_that_images_are_made() -> None:
    box = Box(left=10, top=2, right=30, bottom=41)
    record = ImageRecord(name="x.png", encoded=encode(np.zeros((80, 40), np.uint8)), label="a", lesion_boxes=(box,))
    table = ImageTable.write([record], classes=("a", "b"))
    assert table.lesion_boxes(size=20) == {record.image_id: (Box(left=5, top=0, right=15, bottom=11),)}


def test_the_first_images_of_a_part_are_read_and_no_others() -> None:
    written = records(12)
    table = ImageTable.write(written, classes=("a", "b"))
    parts: list[Part] = ["train", "train", "validation", "validation", "test", "test"] * 2
    split = Split(
        image_ids=tuple(record.image_id for record in written),
        labels=tuple(record.label for record in written),
        groups=tuple(record.name for record in written),
        parts=tuple(parts),
        classes=("a", "b"),
    )
    of_test = [record.encoded for record, part in zip(written, parts, strict=True) if part == "test"]
    assert table.encoded_part(split, "test", count=3) == of_test[:3]
    assert table.encoded_part(split, "test", count=99) == of_test


@dataclass(frozen=True)
class DescribedSource:
    """Says of itself all that a source can say."""

    images: tuple[ImageRecord, ...]
    classes: tuple[str, ...] = ("a", "b")
    skipped_files: tuple[tuple[str, str], ...] = (("notes.txt", "not an image"),)
    files_found: int = 7
    notes: tuple[str, ...] = ("A note.",)

    def __len__(self) -> int:
        return len(self.images)

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        return (record for record in self.images if names is None or record.name in names)


def test_a_source_is_stored_with_everything_that_it_says_of_itself() -> None:
    source = DescribedSource(tuple(records(3)))
    table = ImageTable.from_source(source)
    assert dict(table.encoded_images()) == {record.image_id: record.encoded for record in source.images}
    for said in ("classes", "skipped_files", "files_found", "notes"):
        assert getattr(table, said) == getattr(source, said)
