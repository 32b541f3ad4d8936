"""Storage of evaluations: metrics as JSON, predictions as arrays."""

import io
import json
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.figures.confusion_matrix import draw_confusion_matrix
from medimage.evaluation.figures.reliability import draw_reliability
from medimage.evaluation.predictions import Predictions, PredictionsOnTest, PredictionsOnValidation

TEST_SET_KEY = "test_set"
"""Metadata key of the hash that stands for the test images."""

CANDIDATE_KEY = "candidate"
"""Metadata key of the hash that stands for the model's predictions on them."""


class EvaluationMaterializer(FileMaterializer):
    """Stores an `Evaluation` as JSON and Parquet."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (Evaluation,)

    def to_files(self, data: Evaluation) -> dict[str, bytes]:
        """Returns the metrics, and one row per image for each part."""
        return {
            "evaluation.json": json_bytes({"classes": data.classes, **data.to_dict()}),
            "validation.parquet": _predictions_to_parquet(data.validation),
            "test.parquet": _predictions_to_parquet(data.test),
        }

    def from_files(self, read: Callable[[str], bytes]) -> Evaluation:
        """Builds the evaluation."""
        values = json.loads(read("evaluation.json"))
        classes = tuple(values.pop("classes"))
        return Evaluation.from_dict(
            values,
            validation=PredictionsOnValidation(**_columns_from_parquet(read("validation.parquet"), classes)),
            test=PredictionsOnTest(**_columns_from_parquet(read("test.parquet"), classes)),
        )

    def extract_metadata(self, data: Evaluation) -> dict[str, MetadataType]:
        """Returns the overall metrics, and what tells one candidate on one test set from another."""
        overall = data.metrics.overall()
        metrics: dict[str, MetadataType] = {
            name: float(estimate.value) for name, estimate in overall.items() if np.isfinite(estimate.value)
        }
        return {**metrics, TEST_SET_KEY: data.test.image_set, CANDIDATE_KEY: data.test.content_hash}

    def views(self, data: Evaluation) -> dict[str, str | bytes]:
        """Returns the confusion matrix and the reliability diagram."""
        return {
            "confusion_matrix.svg": draw_confusion_matrix(data.confusion, data.classes),
            "reliability_diagram.svg": draw_reliability(data.reliability(), data.reliability_shares()),
        }


def _predictions_to_parquet(predictions: Predictions) -> bytes:
    columns: dict[str, Any] = {
        "image_id": list(predictions.image_ids),
        "group": list(predictions.groups),
        "label": predictions.labels,
    }
    for index in range(len(predictions.classes)):
        columns[f"logit_{index}"] = predictions.logits[:, index]
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def _columns_from_parquet(content: bytes, classes: tuple[str, ...]) -> dict[str, Any]:
    table = pq.read_table(io.BytesIO(content))
    logits = np.stack([table[f"logit_{index}"].to_numpy() for index in range(len(classes))], axis=1)
    return {
        "image_ids": tuple(table["image_id"].to_pylist()),
        "groups": tuple(table["group"].to_pylist()),
        "labels": table["label"].to_numpy().astype(np.int64),
        "logits": logits.astype(np.float32),
        "classes": classes,
    }
