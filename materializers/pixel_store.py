"""Storage of decoded pixels: memory-mapped where the store is local, fetched once where it is not."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.artifact_shards import ArtifactShards, store_shard
from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.data.pixel_files import HISTOGRAMS_FILE, PIXELS_FILE
from medimage.data.pixel_store import PixelStore


class PixelStoreMaterializer(FileMaterializer):
    """Stores a `PixelStore` as `.npy` files."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (PixelStore,)

    def to_files(self, data: PixelStore) -> dict[str, bytes]:
        """Returns the small part: ids, size and hash."""
        return {
            "pixels.json": json_bytes(
                {
                    "image_ids": data.image_ids,
                    "size": data.size,
                    "channels": data.channels,
                    "preprocessing": data.preprocessing,
                    "content_hash": data.content_hash,
                }
            )
        }

    def from_files(self, read: Callable[[str], bytes]) -> PixelStore:
        """Builds a handle on the stored arrays."""
        values = json.loads(read("pixels.json"))
        return PixelStore(
            shards=ArtifactShards(self.uri, self.artifact_store),
            **{**values, "image_ids": tuple(values["image_ids"])},
        )

    def save(self, data: PixelStore) -> None:
        """Writes the small part and the arrays."""
        super().save(data)
        for name in (PIXELS_FILE, HISTOGRAMS_FILE):
            store_shard(data.shards, name, uri=self.uri, store=self.artifact_store)

    def compute_content_hash(self, data: PixelStore) -> str:
        """Returns the hash over ids and pixels."""
        return data.content_hash

    def extract_metadata(self, data: PixelStore) -> dict[str, MetadataType]:
        """Returns size and channels for the dashboard."""
        return {
            "images": len(data.image_ids),
            "size": data.size,
            "channels": data.channels,
            "preprocessing": data.preprocessing,
        }
