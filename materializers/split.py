"""Storage of splits."""

import io
from collections.abc import Callable
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer
from medimage.data.split import PARTS, Split

_FILE = "split.parquet"


class SplitMaterializer(FileMaterializer):
    """Stores a `Split` as one Parquet file."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (Split,)

    def to_files(self, data: Split) -> dict[str, bytes]:
        """Returns one row per image; the class names are in the file's metadata."""
        table = pa.table(
            {
                "image_id": list(data.image_ids),
                "label": list(data.labels),
                "group": list(data.groups),
                "part": list(data.parts),
            }
        ).replace_schema_metadata({"classes": "\n".join(data.classes)})
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        return {_FILE: buffer.getvalue()}

    def from_files(self, read: Callable[[str], bytes]) -> Split:
        """Builds the split, which refuses to exist where a group crosses it."""
        table = pq.read_table(io.BytesIO(read(_FILE)))
        metadata = table.schema.metadata or {}
        return Split(
            image_ids=tuple(table["image_id"].to_pylist()),
            labels=tuple(table["label"].to_pylist()),
            groups=tuple(table["group"].to_pylist()),
            parts=tuple(table["part"].to_pylist()),
            classes=tuple(metadata[b"classes"].decode().split("\n")),
        )

    def compute_content_hash(self, data: Split) -> str:
        """Returns the hash over every image with its label, group and part."""
        return data.content_hash

    def extract_metadata(self, data: Split) -> dict[str, MetadataType]:
        """Returns the number of images and groups of each part."""
        return {
            "images": {part: sum(data.counts(part).values()) for part in PARTS},
            "groups": {part: data.group_count(part) for part in PARTS},
        }

    def views(self, data: Split) -> dict[str, str | bytes]:
        """Returns the number of images of each class in each part."""
        lines = ["class," + ",".join(PARTS)]
        counts = {part: data.counts(part) for part in PARTS}
        lines += [f"{name}," + ",".join(str(counts[part][name]) for part in PARTS) for name in data.classes]
        lines.append("groups," + ",".join(str(data.group_count(part)) for part in PARTS))
        return {"split.csv": "\n".join(lines) + "\n"}
