"""Storage of what became of retrained models."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.retraining.outcome import RetrainingOutcome

_FILE = "outcome.json"


class RetrainingOutcomeMaterializer(FileMaterializer):
    """Stores a `RetrainingOutcome` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (RetrainingOutcome,)

    def to_files(self, data: RetrainingOutcome) -> dict[str, bytes]:
        """Returns result, reason and version."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> RetrainingOutcome:
        """Builds the outcome."""
        return RetrainingOutcome.from_dict(json.loads(read(_FILE)))

    def extract_metadata(self, data: RetrainingOutcome) -> dict[str, MetadataType]:
        """Returns the result."""
        return {"result": data.result.value}

    def views(self, data: RetrainingOutcome) -> dict[str, str | bytes]:
        """Returns the reason."""
        return {"outcome.md": f"# {data.result.value.replace('_', ' ')}\n\n{data.sentence}\n"}
