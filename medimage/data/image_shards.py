"""Encoded images in Parquet files, read some at a time."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from medimage.data.shards import DirectoryShards

SHARD_BYTES = 128 * 2**20
ROW_GROUP_IMAGES = 64
"""Images that are read together: enough to stream fast, few enough to pick single images cheaply."""

_SCHEMA = pa.schema({"image_id": pa.string(), "encoded": pa.binary()})


def shard_name(number: int) -> str:
    """Returns the file name of a shard of encoded images."""
    return f"images-{number:05d}.parquet"


def read_images(path: Path, rows: Collection[int]) -> Iterator[tuple[str, bytes]]:
    """Yields the id and the encoded bytes of images of one shard, in storage order.

    Args:
        path: The shard.
        rows: Which images. Row groups without any of them are not read.
    """
    wanted = set(rows)
    for group in sorted({row // ROW_GROUP_IMAGES for row in wanted}):
        # Mapped, which spares a copy; anew for each group, because pages of a file that were read count as memory.
        with pq.ParquetFile(path, memory_map=True) as file:
            images = file.read_row_group(group)
        pairs = zip(images["image_id"], images["encoded"], strict=True)
        for row, (image_id, encoded) in enumerate(pairs, start=group * ROW_GROUP_IMAGES):
            if row in wanted:
                yield image_id.as_py(), encoded.as_py()


class ShardWriter:
    """Appends images to Parquet files of about one size, every distinct image once.

    Args:
        shards: Where the files are made.
        shard_bytes: Size from which on a file takes no further image.
    """

    def __init__(self, shards: DirectoryShards, *, shard_bytes: int = SHARD_BYTES) -> None:
        self._shards = shards
        self._shard_bytes = shard_bytes
        self._places: dict[str, tuple[int, int]] = {}
        self._pending: list[tuple[str, bytes]] = []
        self._number = 0
        self._rows = 0
        self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, image_id: str, encoded: bytes) -> tuple[int, int]:
        """Stores an image unless it is there already; returns the number of its shard and its row in it.

        Args:
            image_id: SHA-256 of the encoded bytes.
            encoded: The encoded bytes.
        """
        if (place := self._places.get(image_id)) is not None:
            return place
        if self._bytes >= self._shard_bytes:
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
            self._writer = pq.ParquetWriter(path, _SCHEMA, compression="none", use_dictionary=False)
        ids, encoded = zip(*self._pending, strict=True)
        self._writer.write_table(
            pa.table({"image_id": list(ids), "encoded": list(encoded)}, schema=_SCHEMA),
            row_group_size=ROW_GROUP_IMAGES,
        )
        self._pending = []

    def close(self) -> None:
        """Writes what is left; the last file is not whole before."""
        if self._pending:
            self._flush()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
