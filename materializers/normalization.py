"""Storage of normalization statistics."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.data.statistics import NormalizationStats

_FILE = "normalization.json"


class NormalizationMaterializer(FileMaterializer):
    """Stores `NormalizationStats` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (NormalizationStats,)

    def to_files(self, data: NormalizationStats) -> dict[str, bytes]:
        """Returns the statistics as JSON, which keeps every bit of a float."""
        return {_FILE: json_bytes(asdict(data))}

    def from_files(self, read: Callable[[str], bytes]) -> NormalizationStats:
        """Builds the statistics."""
        values = json.loads(read(_FILE))
        return NormalizationStats(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})

    def extract_metadata(self, data: NormalizationStats) -> dict[str, MetadataType]:
        """Returns the statistics for the dashboard."""
        return {"mean": list(data.mean), "std": list(data.std), "source": data.source, "images": data.images}
