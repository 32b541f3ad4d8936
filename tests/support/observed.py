"""What monitoring makes of rows of a prediction log that are made up."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from benchmarks.support.made_up_rows import CLASSES, MODEL, SHA256, START, logged_rows, projection_of
from medimage.monitoring.observation_collector import ObservationCollector
from medimage.monitoring.observations import Observations
from medimage.monitoring.reference import MonitoringReference
from medimage.serving.prediction_log.logged_prediction import LoggedImage, LoggedPrediction

__all__ = ["CLASSES", "MODEL", "SHA256", "START", "changed", "logged_rows", "observed", "reference_of"]


Row = TypeVar("Row", LoggedPrediction, LoggedImage)


def changed(row: Row, **changes: Any) -> Row:
    """Returns a row, or what it says of its image, with other values."""
    return replace(row, **changes)


def reference_of(rows: Sequence[LoggedPrediction], *, truth: Sequence[str] | None = None) -> MonitoringReference:
    """Returns the reference that rows make."""
    has_embeddings = any(row.embedding is not None for row in rows)
    projection = projection_of() if has_embeddings else None
    return MonitoringReference.of_rows(rows, sha256=SHA256, classes=CLASSES, projection=projection, truth=truth)


def observed(rows: Sequence[LoggedPrediction], reference: MonitoringReference) -> Observations:
    """Returns rows as a table, with the coordinates of a reference."""
    collector = ObservationCollector(classes=CLASSES, projection=reference.projection)
    for row in rows:
        collector.add(row)
    return collector.observations()
