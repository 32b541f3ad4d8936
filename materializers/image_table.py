"""Storage of image tables: records apart from images, nothing read before it is needed."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.artifact_shards import ArtifactShards, store_shard
from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.data.image_table import RECORDS_FILE, ImageTable
from medimage.data.montage import montage_from_table


class ImageTableMaterializer(FileMaterializer):
    """Stores an `ImageTable` as Parquet files."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (ImageTable,)

    def to_files(self, data: ImageTable) -> dict[str, bytes]:
        """Returns the small part: class names, skipped files and notes."""
        names = ("classes", "skipped_files", "files_found", "notes")
        return {"table.json": json_bytes({name: getattr(data, name) for name in names})}

    def from_files(self, read: Callable[[str], bytes]) -> ImageTable:
        """Builds a handle on the stored files."""
        values = json.loads(read("table.json"))
        return ImageTable(
            ArtifactShards(self.uri, self.artifact_store),
            tuple(values["classes"]),
            tuple((name, reason) for name, reason in values["skipped_files"]),
            int(values["files_found"]),
            tuple(values["notes"]),
        )

    def save(self, data: ImageTable) -> None:
        """Writes the small part and the Parquet files."""
        super().save(data)
        for name in (RECORDS_FILE, *data.shard_names):
            store_shard(data.shards, name, uri=self.uri, store=self.artifact_store)

    def compute_content_hash(self, data: ImageTable) -> str:
        """Returns the hash over all records, whose ids are hashes of the images' bytes."""
        return data.content_hash

    def extract_metadata(self, data: ImageTable) -> dict[str, MetadataType]:
        """Returns counts for the dashboard."""
        records = data.records
        return {
            "files": len(records),
            "distinct_images": int(records["image_id"].nunique()),
            "classes": {name: int((records["label"] == name).sum()) for name in data.classes},
            "groups": int(records.loc[records["group"] != "", "group"].nunique()),
            "bytes": int(records["bytes"].sum()),
        }

    def views(self, data: ImageTable) -> dict[str, str | bytes]:
        """Returns a montage of every class."""
        return {"montage.jpg": montage_from_table(data)}
