"""The files of a registered model: what MLflow loads, with the card beside it."""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medimage.errors import RegistryError
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.monitoring.reference import MonitoringReference
from medimage.registry.model_card import ModelCard, json_ready
from medimage.registry.seen_images import SeenImages
from medimage.serving.model_metadata import INPUT_NAME

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from onnx import ModelProto, ValueInfoProto

CARD_FILE = "card.json"
GATE_FILE = "gate_report.json"
GRAPH_FILE = "model.onnx"

IMAGES_FILE = "images.parquet"
"""Which images the model has seen."""

REFERENCE_FILE = "monitoring_reference.parquet"
"""What it says of held-out images, for `monitor_pipeline` to compare with."""


def write_model_files(
    folder: Path,
    *,
    exported: ExportedModel,
    card: ModelCard,
    gate_report: GateReport,
    images: SeenImages,
    reference: MonitoringReference | None,
) -> None:
    """Writes an MLflow model with the card, the gate report, and what is known of its images, beside it."""
    import onnx  # noqa: PLC0415 - see open_client
    from mlflow import onnx as mlflow_onnx  # noqa: PLC0415 - see open_client

    spec, graph = exported.spec, onnx.load_model_from_string(exported.onnx)
    example = {INPUT_NAME: np.zeros((1, spec.input_size, spec.input_size, spec.channels), dtype=np.uint8)}
    mlflow_onnx.save_model(
        graph,
        str(folder),
        signature=_signature(graph),
        input_example=example,
        pip_requirements=[f"{package}=={version(package)}" for package in ("numpy", "onnx", "onnxruntime")],
        onnx_execution_providers=["CPUExecutionProvider"],
        # One file, as it was exported: its SHA-256 stays the one in the tags.
        save_as_external_data=False,
    )
    (folder / GRAPH_FILE).write_bytes(exported.onnx)
    (folder / "card.md").write_text(card.to_markdown(), encoding="utf-8")
    for name, values in ((CARD_FILE, card.to_dict()), (GATE_FILE, json_ready(gate_report.to_dict()))):
        (folder / name).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / IMAGES_FILE).write_bytes(images.to_parquet())
    if reference is not None:
        (folder / REFERENCE_FILE).write_bytes(reference.to_parquet())


def read_stored_card(version_uri: str) -> ModelCard:
    """Reads the card that is stored with a version.

    Raises:
        RegistryError: If there is none that can be read.
    """
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - see open_client

    with tempfile.TemporaryDirectory(prefix="medimage-card-") as folder:
        file = download_artifacts(artifact_uri=f"{version_uri}/{CARD_FILE}", dst_path=folder)
        return parse_card(Path(file).read_bytes(), version_uri=version_uri)


def parse_card(content: bytes, *, version_uri: str) -> ModelCard:
    """Reads the card that is stored with a version from the bytes of its file.

    Raises:
        RegistryError: If it cannot be read.
    """
    try:
        return ModelCard.from_dict(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError(
            f"Expected the model card of {version_uri} in {CARD_FILE} but it cannot be read ({error}). "
            "Delete the version in MLflow, then register the model anew."
        ) from error


def _signature(graph: ModelProto) -> ModelSignature:
    """Returns what the graph takes and gives; what it takes only where somebody wants it has a default."""
    from mlflow.models import ModelSignature  # noqa: PLC0415 - see open_client
    from mlflow.types import Schema, TensorSpec  # noqa: PLC0415 - see open_client

    defaults = {value.name for value in graph.graph.initializer}
    inputs = [value for value in graph.graph.input if value.name not in defaults]
    return ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.uint8), _shape(value), value.name) for value in inputs]),
        outputs=Schema([TensorSpec(np.dtype(np.float32), _shape(value), value.name) for value in graph.graph.output]),
    )


def _shape(value: ValueInfoProto) -> tuple[int, ...]:
    """Returns the size of each dimension, -1 where it is free, as MLflow has it."""
    return tuple(dimension.dim_value or -1 for dimension in value.type.tensor_type.shape.dim)
