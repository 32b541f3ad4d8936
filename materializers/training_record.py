"""Storage of training records."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, content_hash, json_bytes
from medimage.models.training_record import TrainingRecord

_FILE = "training.json"
_CIRCUMSTANCES = (
    "seconds",
    "images_per_second",
    "seconds_left",
    "process_memory_gib",
    "process_rise_gib",
    "gpu_allocated_gib",
    "gpu_reserved_gib",
    "hardware",
)
"""What differs between two trainings that give the same model."""


class TrainingRecordMaterializer(FileMaterializer):
    """Stores a `TrainingRecord` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (TrainingRecord,)

    def to_files(self, data: TrainingRecord) -> dict[str, bytes]:
        """Returns specification and history."""
        return {_FILE: json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> TrainingRecord:
        """Builds the record."""
        return TrainingRecord.from_dict(json.loads(read(_FILE)))

    def compute_content_hash(self, data: TrainingRecord) -> str | None:
        """Returns the hash of everything but the time and memory it took."""
        values = data.to_dict()
        epochs = [
            {name: value for name, value in epoch.items() if name not in _CIRCUMSTANCES}
            for epoch in values["history"]["epochs"]
        ]
        return content_hash({_FILE: json_bytes({**values, "history": {**values["history"], "epochs": epochs}})})

    def extract_metadata(self, data: TrainingRecord) -> dict[str, MetadataType]:
        """Returns what it cost."""
        return {"model": data.spec.name, "epochs": data.epochs, "seconds": data.seconds}
