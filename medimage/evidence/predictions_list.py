"""The predictions of a run as a file from which every number can be worked out anew."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.predictions import Predictions

_Number = TypeVar("_Number", np.float32, np.float64)


def predictions_list(evaluations: Mapping[str, Evaluation], *, cases: Mapping[str, int]) -> bytes:
    """Returns validation and test predictions as Parquet, a row for each image, in the order of the evaluations.

    The columns are `model`, `part`, `image_id`, `case`, `label`, and for each class `logit_N` and `probability_N` (at
    the temperature that was fitted on validation). The classes are in the file's metadata under `classes`, as JSON:
    those of any model; a model has no logits and probabilities of classes that it does not know.

    Args:
        evaluations: Fold or candidate → what was measured; one empty name where there is one model.
        cases: Name of a case (patient, lesion, duplicate cluster) → its number, which stands for it.

    Raises:
        ValueError: If there is no evaluation.
    """
    if not evaluations:
        raise ValueError("Expected at least one evaluation but got none")
    rows = [
        (model, predictions, evaluation.temperature.value)
        for model, evaluation in evaluations.items()
        for predictions in (evaluation.validation, evaluation.test)
    ]
    classes = tuple(dict.fromkeys(name for each in evaluations.values() for name in each.classes))
    logits = np.concatenate([_by_class(predictions.logits, predictions.classes, classes) for _, predictions, _ in rows])
    probabilities = np.concatenate(
        [
            _by_class(calibrated_probabilities(predictions.logits, temperature), predictions.classes, classes)
            for _, predictions, temperature in rows
        ]
    )
    columns: dict[str, Any] = {
        "model": pa.array([model for model, predictions, _ in rows for _ in predictions.image_ids], pa.string()),
        "part": pa.array([predictions.part for _, predictions, _ in rows for _ in predictions.image_ids], pa.string()),
        "image_id": pa.array([image for _, predictions, _ in rows for image in predictions.image_ids], pa.string()),
        "case": pa.array([cases[group] for _, predictions, _ in rows for group in predictions.groups], pa.int64()),
        "label": pa.array([label for _, predictions, _ in rows for label in _labels(predictions)], pa.string()),
    }
    for index in range(len(classes)):
        columns[f"logit_{index}"] = pa.array(logits[:, index], from_pandas=True)
        columns[f"probability_{index}"] = pa.array(probabilities[:, index], from_pandas=True)
    table = pa.table(columns).replace_schema_metadata({"classes": json.dumps(classes)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _labels(predictions: Predictions) -> list[str]:
    return [predictions.classes[label] for label in predictions.labels]


def _by_class(values: NDArray[_Number], own: Sequence[str], classes: Sequence[str]) -> NDArray[_Number]:
    """Puts a model's columns under those of all models; NaN where it does not know the class."""
    placed = np.full((len(values), len(classes)), np.nan, dtype=values.dtype)
    placed[:, [classes.index(name) for name in own]] = values
    return placed
