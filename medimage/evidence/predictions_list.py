"""The predictions of a run as a file from which every number can be worked out anew."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.predictions import Predictions


def predictions_list(evaluations: Mapping[str, Evaluation], *, cases: Mapping[str, int]) -> bytes:
    """Returns validation and test predictions as Parquet, a row for each image, in the order of the evaluations.

    The columns are `model`, `part`, `image_id`, `case`, `label`, and for each class `logit_N` and `probability_N` (at
    the temperature that was fitted on validation). The classes are in the file's metadata under `classes`, as JSON.

    Args:
        evaluations: Fold or candidate → what was measured; one empty name where there is one model.
        cases: Name of a case (patient, lesion, duplicate cluster) → its number, which stands for it.

    Raises:
        ValueError: If there is no evaluation, or their classes differ.
    """
    several = {each.classes for each in evaluations.values()}
    if len(several) != 1:
        raise ValueError(f"Expected evaluations of the same classes in the same order but got {sorted(several)}")
    rows = [
        (model, predictions, evaluation.temperature.value)
        for model, evaluation in evaluations.items()
        for predictions in (evaluation.validation, evaluation.test)
    ]
    (classes,) = several
    logits = np.concatenate([predictions.logits for _, predictions, _ in rows])
    probabilities = np.concatenate(
        [calibrated_probabilities(predictions.logits, temperature) for _, predictions, temperature in rows]
    )
    columns: dict[str, Any] = {
        "model": pa.array([model for model, predictions, _ in rows for _ in predictions.image_ids], pa.string()),
        "part": pa.array([predictions.part for _, predictions, _ in rows for _ in predictions.image_ids], pa.string()),
        "image_id": pa.array([image for _, predictions, _ in rows for image in predictions.image_ids], pa.string()),
        "case": pa.array([cases[group] for _, predictions, _ in rows for group in predictions.groups], pa.int64()),
        "label": pa.array([label for _, predictions, _ in rows for label in _labels(predictions)], pa.string()),
    }
    for index in range(len(classes)):
        columns[f"logit_{index}"] = logits[:, index]
        columns[f"probability_{index}"] = probabilities[:, index]
    table = pa.table(columns).replace_schema_metadata({"classes": json.dumps(classes)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _labels(predictions: Predictions) -> list[str]:
    return [predictions.classes[label] for label in predictions.labels]
