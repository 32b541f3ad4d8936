"""Storage of references to registered models."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.registry.registered_version import RegisteredVersion

_FILE = "registered_version.json"


class RegisteredVersionMaterializer(FileMaterializer):
    """Stores a `RegisteredVersion` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (RegisteredVersion,)

    def to_files(self, data: RegisteredVersion) -> dict[str, bytes]:
        """Returns name, number and aliases."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> RegisteredVersion:
        """Builds the reference."""
        return RegisteredVersion.from_dict(json.loads(read(_FILE)))

    def extract_metadata(self, data: RegisteredVersion) -> dict[str, MetadataType]:
        """Returns the reference for the dashboard."""
        return {
            "name": data.name,
            "version": data.version,
            "semantic_version": data.semantic_version,
            "aliases": list(data.aliases),
            "uri": data.uri,
        }
