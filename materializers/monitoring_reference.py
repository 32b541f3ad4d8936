"""Storage of what later images are compared with."""

from collections.abc import Callable
from typing import Any, ClassVar

from materializers.file_materializer import FileMaterializer
from medimage.monitoring.reference import MonitoringReference

_FILE = "reference.parquet"


class MonitoringReferenceMaterializer(FileMaterializer):
    """Stores a `MonitoringReference` as Parquet."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (MonitoringReference,)

    def to_files(self, data: MonitoringReference) -> dict[str, bytes]:
        """Returns the table."""
        return {_FILE: data.to_parquet()}

    def from_files(self, read: Callable[[str], bytes]) -> MonitoringReference:
        """Builds the reference."""
        return MonitoringReference.from_parquet(read(_FILE))

    def extract_metadata(self, data: MonitoringReference) -> dict[str, Any]:
        """Returns what the dashboard lists beside the artifact."""
        return {"images": len(data.observations), "columns": sorted(data.observations.columns)}
