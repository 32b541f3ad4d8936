"""Storage of packed Bentos."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.enums import ArtifactType
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, content_hash, json_bytes
from medimage.serving.bento_archive import BentoArchive


class BentoArchiveMaterializer(FileMaterializer):
    """Stores a `BentoArchive` as the archive and its tag."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_ARTIFACT_TYPE: ClassVar[ArtifactType] = ArtifactType.SERVICE
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (BentoArchive,)

    def to_files(self, data: BentoArchive) -> dict[str, bytes]:
        """Returns the archive and its tag."""
        return {"tag.json": json_bytes({"tag": data.tag}), "service.bento": data.content}

    def from_files(self, read: Callable[[str], bytes]) -> BentoArchive:
        """Builds the archive."""
        return BentoArchive(tag=json.loads(read("tag.json"))["tag"], content=read("service.bento"))

    def compute_content_hash(self, data: BentoArchive) -> str | None:
        """Returns the hash of the tag, which holds the hash of the content."""
        return content_hash({"tag": data.tag.encode()})

    def extract_metadata(self, data: BentoArchive) -> dict[str, MetadataType]:
        """Returns tag and size."""
        return {"tag": data.tag, "size_bytes": len(data.content)}
