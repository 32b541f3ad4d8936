"""What a window is compared with: what the served graph says of images that it was not trained on."""

import base64
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from medimage.errors import DataError
from medimage.monitoring.columns import COLUMN_OF
from medimage.monitoring.embedding_projection import EmbeddingProjection
from medimage.monitoring.observation_collector import ObservationCollector
from medimage.monitoring.observations import Observations
from medimage.serving.prediction_log.logged_prediction import LoggedPrediction

_METADATA = b"medimage_monitoring_reference"
_SCHEMA = 2
_PROBABILITY = "probability_"
_TRUTH = "truth"
_FLOATS = np.dtype("<f4")


@dataclass(frozen=True, kw_only=True, eq=False)
class MonitoringReference:
    """Rows of images that the model was judged on, without ids, hashes or names.

    Attributes:
        sha256: SHA-256 of the graph that says this.
        observations: The rows.
        truth: The true class of each, as text, shape [images]; None where it is not known.
        projection: Where the embeddings' coordinates come from; None where the graph gives no embeddings.
        images_per_case: Images that the patients it is of have on average in the data, at least 1: as many as those of
            a log may have.
    """

    sha256: str
    observations: Observations
    truth: NDArray[np.str_] | None
    projection: EmbeddingProjection | None
    images_per_case: float = 1.0

    def __post_init__(self) -> None:
        if not len(self.observations):
            raise ValueError("Expected a reference of some images but got none")
        if not 1 <= self.images_per_case < float("inf"):
            raise ValueError(f"Expected at least 1 image for each patient but got {self.images_per_case}")
        if self.truth is not None and self.truth.shape != (len(self.observations),):
            raise ValueError(f"Expected a class of each of {len(self.observations)} images but got {self.truth.shape}")

    @classmethod
    def of_rows(
        cls,
        rows: Iterable[LoggedPrediction],
        *,
        sha256: str,
        classes: tuple[str, ...],
        projection: EmbeddingProjection | None,
        truth: Iterable[str] | None = None,
        images_per_case: float = 1.0,
    ) -> Self:
        """Makes the reference of rows as the log has them.

        Args:
            rows: One for each image, at least one.
            sha256: SHA-256 of the graph.
            classes: Its classes, in its order.
            projection: What gives the coordinates of embeddings; None where the graph gives none.
            truth: The true class of each image, in the same order.
            images_per_case: Images that a patient has on average.

        Raises:
            ValueError: If there is no row.
        """
        collector = ObservationCollector(classes=classes, projection=projection)
        for row in rows:
            collector.add(row)
        return cls(
            sha256=sha256,
            observations=collector.observations(),
            truth=None if truth is None else np.array(list(truth), dtype=np.str_),
            projection=projection,
            images_per_case=images_per_case,
        )

    def to_parquet(self) -> bytes:
        """Returns the reference as Parquet; what is not a row stands in the metadata of the schema."""
        observations = self.observations
        columns: dict[str, Any] = dict(observations.columns)
        columns |= {
            f"{_PROBABILITY}{name}": observations.probabilities[:, number]
            for number, name in enumerate(observations.classes)
        }
        if self.truth is not None:
            columns[_TRUTH] = self.truth
        table = pa.table({name: pa.array(values.tolist()) for name, values in columns.items()})
        metadata: dict[str, Any] = {
            "schema": _SCHEMA, "sha256": self.sha256, "classes": observations.classes, "projection": None,
            "images_per_case": self.images_per_case,
        }  # fmt: skip
        if (projection := self.projection) is not None:
            metadata["projection"] = {"mean": _encoded(projection.mean), "directions": _encoded(projection.directions)}
        buffer = io.BytesIO()
        pq.write_table(
            table.replace_schema_metadata({_METADATA: json.dumps(metadata).encode()}), buffer, compression="zstd"
        )
        return buffer.getvalue()

    @classmethod
    def from_parquet(cls, content: bytes) -> Self:
        """Reads what `to_parquet` gave.

        Raises:
            DataError: If it is something else.
        """
        try:
            table = pq.read_table(io.BytesIO(content))
            metadata = json.loads((table.schema.metadata or {})[_METADATA])
            if metadata["schema"] != _SCHEMA:
                raise ValueError(f"schema {metadata['schema']!r} in place of {_SCHEMA}")
            classes = tuple(metadata["classes"])
            found = {name: table[name].to_numpy() for name in table.schema.names}
            columns: dict[str, NDArray[np.float64] | NDArray[np.str_]] = {
                name: values.astype(np.str_ if COLUMN_OF[name].is_share else np.float64)
                for name, values in found.items()
                if name in COLUMN_OF
            }
            probabilities = [found[f"{_PROBABILITY}{name}"] for name in classes]
            return cls(
                sha256=metadata["sha256"],
                observations=Observations(
                    columns=columns,
                    probabilities=np.stack(probabilities, axis=1).astype(np.float64),
                    classes=classes,
                ),
                truth=found[_TRUTH].astype(np.str_) if _TRUTH in found else None,
                projection=_projection(metadata["projection"]),
                images_per_case=metadata["images_per_case"],
            )
        except (pa.ArrowException, KeyError, ValueError, TypeError) as error:
            raise DataError(
                f"Expected a reference for monitoring, as a training run registers it, but it cannot be read: {error}. "
                "Give a folder of held-out images with --reference-images, or train the model again."
            ) from error


def _encoded(values: NDArray[np.float32]) -> str:
    return base64.b64encode(values.astype(_FLOATS).tobytes()).decode()


def _projection(values: dict[str, str] | None) -> EmbeddingProjection | None:
    if values is None:
        return None
    mean, directions = (
        np.frombuffer(base64.b64decode(values[name], validate=True), dtype=_FLOATS).astype(np.float32)
        for name in ("mean", "directions")
    )
    return EmbeddingProjection(mean=mean, directions=directions.reshape(-1, len(mean)))
