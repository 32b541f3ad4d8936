"""Storage of locked test sets."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.data.locked_test_set import LockedTestSet

_FILE = "locked_test_set.json"


class LockedTestSetMaterializer(FileMaterializer):
    """Stores a `LockedTestSet` as one JSON file."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (LockedTestSet,)

    def to_files(self, data: LockedTestSet) -> dict[str, bytes]:
        """Returns the hashes, classes and names of the images, and when they were locked."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> LockedTestSet:
        """Builds the test set."""
        return LockedTestSet.from_dict(json.loads(read(_FILE)))

    def compute_content_hash(self, data: LockedTestSet) -> str | None:
        """Returns the hash over the images and their classes."""
        return data.reference.digest

    def extract_metadata(self, data: LockedTestSet) -> dict[str, MetadataType]:
        """Returns what a person looks for."""
        return {
            "name": data.name,
            "family": data.family,
            "lineage": data.lineage,
            "images": len(data.image_ids),
            "digest": data.reference.digest,
            "locked_at": data.locked_at,
        }

    def views(self, data: LockedTestSet) -> dict[str, str | bytes]:
        """Returns one sentence on the test set."""
        return {"locked_test_set.md": f"{data.reference}, {len(data.image_ids)} images\n"}
