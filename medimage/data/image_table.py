"""All images of a problem: one row per file, bytes stored once per distinct image."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from medimage.data.box import Box
from medimage.data.image_record import ImageRecord, read_header
from medimage.data.image_shards import ShardWriter, read_images, shard_name
from medimage.data.shards import DirectoryShards, Shards
from medimage.data.sources.source import ImageSource
from medimage.data.split import Part, Split
from medimage.progress import track

RECORDS_FILE = "records.parquet"

_COLUMNS = {
    "name": pa.string(),
    "image_id": pa.string(),
    "label": pa.string(),
    "group": pa.string(),
    "origin": pa.string(),
    "given_split": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "mode": pa.string(),
    "bytes": pa.int64(),
    "lesion_boxes": pa.string(),
    "metadata": pa.string(),
    "shard": pa.int32(),
    "row": pa.int32(),
}


@dataclass(frozen=True)
class ImageTable:
    """A lazy handle: the records are small and read at once, the bytes of images only when asked for.

    Attributes:
        shards: Where the Parquet files lie.
        classes: Class names in the order of a model's outputs.
        skipped_files: Files of the source that did not become a record, with the reason.
        files_found: Files as the source's listing counted them, independently of records and skipped files.
        notes: What a reader of the report should know about how the source was read, in sentences.
    """

    shards: Shards
    classes: tuple[str, ...]
    skipped_files: tuple[tuple[str, str], ...]
    files_found: int
    notes: tuple[str, ...] = ()

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row per file, sorted by name; see `ImageRecord` for the columns."""
        return pq.read_table(self.shards.local_path(RECORDS_FILE)).to_pandas()

    @property
    def shard_names(self) -> tuple[str, ...]:
        """Names of the files that hold the encoded images."""
        return tuple(shard_name(number) for number in sorted(self.records["shard"].unique().tolist()))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over every record; the image ids in it are themselves hashes of the bytes."""
        digest = hashlib.sha256()
        columns = [name for name in _COLUMNS if name not in ("shard", "row")]
        for row in self.records[columns].itertuples(index=False):
            digest.update(json.dumps([str(value) for value in row]).encode())
        digest.update(json.dumps([self.classes, self.skipped_files, self.notes]).encode())
        return digest.hexdigest()

    def encoded_images(self, image_ids: Sequence[str] | None = None) -> Iterator[tuple[str, bytes]]:
        """Yields the id and the encoded bytes of each distinct image once, in storage order.

        Args:
            image_ids: The images wanted; all when not given. Row groups without any of them are not read.

        Raises:
            KeyError: If an id is not in the table.
        """
        places = self.records.drop_duplicates("image_id")
        if image_ids is not None:
            unknown = set(image_ids) - set(places["image_id"])
            if unknown:
                raise KeyError(f"Expected ids of this table but got {len(unknown)} others, such as {min(unknown)}")
            places = places[places["image_id"].isin(set(image_ids))]
        for number, in_shard in places.groupby("shard", sort=True):
            path = self.shards.local_path(shard_name(int(str(number))))
            yield from read_images(path, in_shard["row"].tolist())

    def encoded_part(self, split: Split, part: Part, *, count: int) -> list[bytes]:
        """Returns the encoded bytes of the first `count` images of one part of a split."""
        chosen = [split.image_ids[row] for row in split.rows(part)[:count]]
        return [encoded for _, encoded in self.encoded_images(chosen)]

    def lesion_boxes(self, *, size: int | None = None) -> dict[str, tuple[Box, ...]]:
        """Returns the known lesions of each image that has any recorded, by image id.

        Args:
            size: Height and width that the images were resized to, in pixels; boxes are those of the encoded images
                when not given.
        """
        found: dict[str, tuple[Box, ...]] = {}
        annotated = self.records[self.records["lesion_boxes"] != "[]"]
        for row in annotated[["image_id", "lesion_boxes", "width", "height"]].itertuples(index=False):
            boxes = tuple(Box(**values) for values in json.loads(str(row.lesion_boxes)))
            if size is not None:
                old = (int(str(row.height)), int(str(row.width)))
                boxes = tuple(box.resized(old_size=old, new_size=(size, size)) for box in boxes)
            found[str(row.image_id)] = boxes
        return found

    @classmethod
    def from_source(cls, source: ImageSource) -> Self:
        """Stores everything that a source has: its images, and what it says about itself.

        Args:
            source: The source; its images are read once, one at a time.

        Raises:
            DataError: If a file of the source cannot be read.
        """
        return cls.write(
            track(source.records(), description="Reading images", total=len(source)),
            classes=source.classes,
            skipped_files=source.skipped_files,
            files_found=source.files_found,
            notes=source.notes,
        )

    @classmethod
    def write(
        cls,
        records: Iterable[ImageRecord],
        *,
        classes: tuple[str, ...],
        skipped_files: tuple[tuple[str, str], ...] = (),
        files_found: int | None = None,
        notes: tuple[str, ...] = (),
    ) -> Self:
        """Stores records in a temporary folder that lives as long as the table does.

        Of the encoded images, one row group is in memory at a time; of each file, its record.

        Args:
            records: The images, one at a time.
            classes: Class names in the order of a model's outputs.
            skipped_files: Files of the source that did not become a record, with the reason.
            files_found: Files as the source counted them; the sum of both where no listing was made.
            notes: What a reader of the report should know about how the source was read, in sentences.
        """
        shards = DirectoryShards.temporary()
        writer = ShardWriter(shards)
        rows: list[dict[str, object]] = []
        for record in records:
            shard, row = writer.add(record.image_id, record.encoded)
            header = read_header(record.encoded)
            rows.append(
                {
                    "name": record.name,
                    "image_id": record.image_id,
                    "label": record.label,
                    "group": record.group,
                    "origin": record.origin,
                    "given_split": record.given_split,
                    "width": header.width,
                    "height": header.height,
                    "mode": header.mode,
                    "bytes": len(record.encoded),
                    "lesion_boxes": json.dumps([asdict(box) for box in record.lesion_boxes]),
                    "metadata": json.dumps(dict(record.metadata), ensure_ascii=False),
                    "shard": shard,
                    "row": row,
                }
            )
        writer.close()
        rows.sort(key=lambda row: str(row["name"]))
        pq.write_table(
            pa.Table.from_pylist(rows, schema=pa.schema(_COLUMNS)), shards.local_path(RECORDS_FILE), compression="zstd"
        )
        found = len(rows) + len(skipped_files) if files_found is None else files_found
        return cls(shards, classes, skipped_files, found, notes)
