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
from medimage.data.shards import DirectoryShards, Shards
from medimage.data.split import Part, Split

RECORDS_FILE = "records.parquet"
SHARD_BYTES = 128 * 2**20
ROW_GROUP_IMAGES = 64
"""Images that are read together: enough to stream fast, few enough to pick single images cheaply."""

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
    "shard": pa.int32(),
    "row": pa.int32(),
}
_SHARD_SCHEMA = pa.schema({"image_id": pa.string(), "encoded": pa.binary()})


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
            file = pq.ParquetFile(self.shards.local_path(shard_name(int(str(number)))))
            wanted = set(in_shard["image_id"])
            for group in sorted({row // ROW_GROUP_IMAGES for row in in_shard["row"].tolist()}):
                rows = file.read_row_group(group)
                for image_id, encoded in zip(rows["image_id"], rows["encoded"], strict=True):
                    if (identity := image_id.as_py()) in wanted:
                        yield identity, encoded.as_py()

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

        Memory use is one row group, however many images there are.

        Args:
            records: The images, one at a time.
            classes: Class names in the order of a model's outputs.
            skipped_files: Files of the source that did not become a record, with the reason.
            files_found: Files as the source counted them; the sum of both where no listing was made.
            notes: What a reader of the report should know about how the source was read, in sentences.
        """
        shards = DirectoryShards.temporary()
        writer = _ShardWriter(shards)
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


def shard_name(number: int) -> str:
    """Returns the file name of a shard of encoded images."""
    return f"images-{number:05d}.parquet"


class _ShardWriter:
    """Appends images to Parquet files of about `SHARD_BYTES` each, every distinct image once."""

    def __init__(self, shards: DirectoryShards) -> None:
        self._shards = shards
        self._places: dict[str, tuple[int, int]] = {}
        self._pending: list[tuple[str, bytes]] = []
        self._number = 0
        self._rows = 0
        self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, image_id: str, encoded: bytes) -> tuple[int, int]:
        if (place := self._places.get(image_id)) is not None:
            return place
        if self._bytes >= SHARD_BYTES:
            self.close()
            self._number, self._rows, self._bytes = self._number + 1, 0, 0
        place = self._places[image_id] = (self._number, self._rows)
        self._pending.append((image_id, encoded))
        self._rows += 1
        self._bytes += len(encoded)
        if len(self._pending) == ROW_GROUP_IMAGES:
            self._flush()
        return place

    def _flush(self) -> None:
        if self._writer is None:
            # Images are compressed already: compressing again costs time and saves nothing.
            path = self._shards.local_path(shard_name(self._number))
            self._writer = pq.ParquetWriter(path, _SHARD_SCHEMA, compression="none", use_dictionary=False)
        ids, encoded = zip(*self._pending, strict=True)
        self._writer.write_table(
            pa.table({"image_id": list(ids), "encoded": list(encoded)}, schema=_SHARD_SCHEMA),
            row_group_size=ROW_GROUP_IMAGES,
        )
        self._pending = []

    def close(self) -> None:
        if self._pending:
            self._flush()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
