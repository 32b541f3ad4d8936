"""Storage of exported models."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

from zenml.enums import ArtifactType
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, content_hash, json_bytes
from medimage.evaluation.latency import Latency
from medimage.export.exported_model import ExportedModel, Parity
from medimage.models.trained_model import ModelSpec


class ExportedModelMaterializer(FileMaterializer):
    """Stores an `ExportedModel` as an ONNX file and JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_ARTIFACT_TYPE: ClassVar[ArtifactType] = ArtifactType.MODEL
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (ExportedModel,)

    def to_files(self, data: ExportedModel) -> dict[str, bytes]:
        """Returns the graph, and the proof that it does what the trained model does."""
        values = {
            "spec": data.spec.to_dict(),
            "temperature": data.temperature,
            "parity": asdict(data.parity),
            "latency": data.latency.to_dict(),
        }
        return {"model.onnx": data.onnx, "export.json": json_bytes(values)}

    def from_files(self, read: Callable[[str], bytes]) -> ExportedModel:
        """Builds the model; one without proven parity cannot be built."""
        values = json.loads(read("export.json"))
        return ExportedModel(
            onnx=read("model.onnx"),
            spec=ModelSpec.from_dict(values["spec"]),
            temperature=values["temperature"],
            parity=Parity(**values["parity"]),
            latency=Latency.from_dict(values["latency"]),
        )

    def compute_content_hash(self, data: ExportedModel) -> str | None:
        """Returns the hash of the graph; how fast it ran does not change it."""
        return content_hash({"model.onnx": data.onnx})

    def extract_metadata(self, data: ExportedModel) -> dict[str, MetadataType]:
        """Returns size, parity and latency."""
        return {
            "sha256": data.sha256,
            "size_bytes": data.size_bytes,
            "images_compared": data.parity.images,
            "largest_difference": data.parity.max_difference,
            "latency_p95_ms": data.latency.p95_ms,
            "machine": data.latency.machine,
        }
