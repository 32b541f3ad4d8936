"""How a model came to be, without its weights."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.models.history import StageRecord, TrainingHistory
from medimage.models.trained_model import ModelSpec, TrainedModel


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """A trained model's specification and history: what comparisons and reports need of it, a few KB instead of GB.

    Attributes:
        spec: What was trained.
        parameters: Number of parameters in total.
        history: One record per epoch of every stage.
    """

    spec: ModelSpec
    parameters: int
    history: TrainingHistory

    @classmethod
    def of(cls, model: TrainedModel) -> Self:
        """Returns the record of a trained model."""
        return cls(spec=model.spec, parameters=model.parameters, history=model.history)

    @property
    def trainable_parameters(self) -> int:
        """Most parameters that were trained in a stage; 0 where nothing was."""
        return max((stage.trainable_parameters for stage in self.history.stages), default=0)

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return len(self.history.epochs)

    @property
    def seconds(self) -> float:
        """Wall time of all epochs, validation included."""
        return sum(epoch.seconds for epoch in self.history.epochs)

    @property
    def peak_memory_gib(self) -> float | None:
        """Largest memory of any epoch: that of tensors on the GPU, else what the process rose by; None where unknown.

        Not the whole process, which holds the images and what was trained before as well.
        """
        on_gpu = [epoch.gpu_allocated_gib for epoch in self.history.epochs if epoch.gpu_allocated_gib is not None]
        rise = [epoch.process_rise_gib for epoch in self.history.epochs if epoch.process_rise_gib is not None]
        return max(on_gpu or rise, default=None)

    def sentence(self) -> str:
        """Says what was trained for how long, and which epoch was kept."""
        if not self.history.stages:
            return "nothing was trained"
        stages = [
            f"stage {stage.stage}: weights of {_epoch(stage)}" + ", stopped early" * stage.stopped_early
            for stage in self.history.stages
        ]
        last = self.history.stages[-1]
        took = f"{self.seconds / 60:.1f} min" if self.seconds >= 60 else f"{self.seconds:.1f} s"
        return (
            f"{self.epochs} {'epoch' if self.epochs == 1 else 'epochs'} in {took} ({'; '.join(stages)}), batches of "
            f"{last.batch_size}, {last.precision} on {last.device}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {"spec": self.spec.to_dict(), "parameters": self.parameters, "history": self.history.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the record from what `to_dict` gave, also after a trip through JSON."""
        return cls(
            spec=ModelSpec.from_dict(values["spec"]),
            parameters=values["parameters"],
            history=TrainingHistory.from_dict(values["history"]),
        )


def _epoch(stage: StageRecord) -> str:
    return f"epoch {stage.best_epoch}" if stage.best_epoch else "before it"
