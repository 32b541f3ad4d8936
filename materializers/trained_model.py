"""Storage of trained models: safetensors, specification and history."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.enums import ArtifactType
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, content_hash, json_bytes
from medimage.evaluation.figures.learning_curves import draw_learning_curves
from medimage.models.history import TrainingHistory
from medimage.models.trained_model import ModelSpec, TrainedModel, weight_file_names


class TrainedModelMaterializer(FileMaterializer):
    """Stores a `TrainedModel` as `{model}-training_best_model`, `{model}-training_last_model` and JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_ARTIFACT_TYPE: ClassVar[ArtifactType] = ArtifactType.MODEL
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (TrainedModel,)

    def to_files(self, data: TrainedModel) -> dict[str, bytes]:
        """Returns both states, the specification and the history."""
        values = {"spec": data.spec.to_dict(), "history": data.history.to_dict(), "parameters": data.parameters}
        return {"model.json": json_bytes(values), **data.weight_files()}

    def from_files(self, read: Callable[[str], bytes]) -> TrainedModel:
        """Builds the model; weights stay bytes until a network is made of them."""
        values = json.loads(read("model.json"))
        spec = ModelSpec.from_dict(values["spec"])
        best, last = weight_file_names(spec.name)
        return TrainedModel(
            spec=spec,
            weights=read(best),
            last_weights=read(last),
            history=TrainingHistory.from_dict(values["history"]),
            parameters=values["parameters"],
        )

    def compute_content_hash(self, data: TrainedModel) -> str | None:
        """Returns the hash of specification and weights; how long an epoch took does not change a model."""
        files = self.to_files(data)
        return content_hash({**files, "model.json": json_bytes(data.spec.to_dict())})

    def extract_metadata(self, data: TrainedModel) -> dict[str, MetadataType]:
        """Returns the model's size and its best validation accuracy."""
        epochs = data.history.epochs
        metadata: dict[str, MetadataType] = {"model": data.spec.name, "parameters": data.parameters}
        if epochs:
            metadata["best_validation_accuracy"] = max(epoch.validation_accuracy for epoch in epochs)
            metadata["epochs"] = len(epochs)
        return metadata

    def views(self, data: TrainedModel) -> dict[str, str | bytes]:
        """Returns the learning curves."""
        epochs = data.history.epochs
        return {"learning_curves.svg": draw_learning_curves(epochs)} if epochs else {}
