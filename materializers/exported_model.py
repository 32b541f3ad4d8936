"""Storage of exported models."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.enums import ArtifactType
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, content_hash, json_bytes
from medimage.evaluation.latency import Latency
from medimage.export.agreement import Parity
from medimage.export.exported_format import FILE_NAMES, ExportedFormat
from medimage.export.exported_model import ExportedModel
from medimage.export.formats_table import COLUMNS, format_rows
from medimage.export.precision.reduction import Reduction
from medimage.models.trained_model import ModelSpec
from medimage.serving.model_metadata import FULL_PRECISION


class ExportedModelMaterializer(FileMaterializer):
    """Stores an `ExportedModel` as a file for each format, and JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_ARTIFACT_TYPE: ClassVar[ArtifactType] = ArtifactType.MODEL
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (ExportedModel,)

    def to_files(self, data: ExportedModel) -> dict[str, bytes]:
        """Returns the file of every format, and the proof that each does what the trained model does."""
        values = {
            "spec": data.spec.to_dict(),
            "temperature": data.temperature,
            "parity": data.parity.to_dict(),
            "latency": data.latency.to_dict(),
            "reduction": data.reduction.to_dict() if data.reduction else None,
            "further": [
                {"name": each.name, "parity": each.parity.to_dict(), "latency": each.latency.to_dict()}
                for each in data.further
            ],
        }
        files = {each.file_name: each.content for each in data.formats}
        return {**files, "export.json": json_bytes(values)}

    def from_files(self, read: Callable[[str], bytes]) -> ExportedModel:
        """Builds the model; one without proven parity cannot be built."""
        values = json.loads(read("export.json"))
        return ExportedModel(
            onnx=read("model.onnx"),
            spec=ModelSpec.from_dict(values["spec"]),
            temperature=values["temperature"],
            parity=Parity.from_dict(values["parity"]),
            latency=Latency.from_dict(values["latency"]),
            reduction=Reduction.from_dict(values["reduction"]) if values.get("reduction") else None,
            further=tuple(
                ExportedFormat(
                    name=each["name"],
                    content=read(FILE_NAMES[each["name"]]),
                    parity=Parity.from_dict(each["parity"]),
                    latency=Latency.from_dict(each["latency"]),
                )
                for each in values.get("further", ())
            ),
        )

    def compute_content_hash(self, data: ExportedModel) -> str | None:
        """Returns the hash of the graph and the names of further formats; how fast they ran does not change it."""
        names = " ".join(each.name for each in data.further)
        return content_hash({"model.onnx": data.onnx} | ({"formats": names.encode()} if names else {}))

    def extract_metadata(self, data: ExportedModel) -> dict[str, MetadataType]:
        """Returns size, parity and latency."""
        return {
            "sha256": data.sha256,
            "precision": data.precision,
            "size_bytes": data.size_bytes,
            **_compared(data),
            "formats": [each.name for each in data.formats],
            "latency_p95_ms": data.latency.p95_ms,
            "machine": data.latency.machine,
        }

    def views(self, data: ExportedModel) -> dict[str, str | bytes]:
        """Returns the files beside each other, and what was proven of the graph's further outputs."""
        embedding, maps = data.parity.embedding, data.parity.maps
        lines = [
            "## Exported model",
            "",
            f"| {' | '.join(COLUMNS)} |",
            f"|{'---|' * len(COLUMNS)}",
            *(f"| {' | '.join(row)} |" for row in format_rows(data)),
            "",
            f"Timed on {data.latency.machine}, decoding included.",
        ]
        if data.reduction is not None:
            lines += [
                "",
                f"The graph computes in {data.precision}. All differences here are those of the graph in "
                f"{FULL_PRECISION} that it was made of ({data.reduction.full_precision_sha256}); its own stand in "
                "`precisions`.",
            ]
        if embedding is not None:
            lines += [
                "",
                f"Embedding: on {embedding.images} images at most {embedding.max_difference:.1e} of the mean length "
                "away from the trained network's.",
            ]
        if maps is not None:
            lines += [
                "",
                f"Heat maps: {maps.maps} of {maps.images} images differ by at most {maps.max_difference:.1e} of the "
                "strongest evidence from Grad-CAM of the trained network.",
            ]
        return {"export.md": "\n".join(lines) + "\n"}


def _compared(data: ExportedModel) -> dict[str, MetadataType]:
    """Returns what was compared with the trained network: a graph in fewer bits was not, but the one before it."""
    if data.reduction is not None:
        return {"full_precision_sha256": data.reduction.full_precision_sha256}
    embedding, maps = data.parity.embedding, data.parity.maps
    return {
        "images_compared": data.parity.images,
        "largest_difference": data.parity.max_difference,
        **({} if embedding is None else {"largest_difference_of_embeddings": embedding.max_difference}),
        **({} if maps is None else {"largest_difference_of_heat_maps": maps.max_difference}),
    }
