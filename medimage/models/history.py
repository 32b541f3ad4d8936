"""What happened in each epoch."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """Figures of one epoch.

    Attributes:
        stage: 1 or 2.
        epoch: Epoch within its stage, from 1.
        train_loss: Mean loss over the training images, with label smoothing and class weights.
        train_accuracy: Share of augmented training images classified correctly, in [0, 1].
        validation_loss: Mean loss over the validation images.
        validation_accuracy: Share of validation images classified correctly, in [0, 1].
        head_learning_rate: Learning rate of the head during the epoch.
        backbone_learning_rate: Learning rate of the backbone; 0 where it is frozen.
        seconds: Wall time of the epoch, validation included.
    """

    stage: int
    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    head_learning_rate: float
    backbone_learning_rate: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """Figures of one stage.

    Attributes:
        stage: 1 or 2.
        trainable_parameters: Number of parameters that were trained.
        best_epoch: Epoch of the best validation accuracy, from 1; 0 where no epoch beat the state before the stage.
        batch_size: Images per batch.
        precision: `fp32` or `bf16`.
        device: Device that was trained on.
        stopped_early: Whether early stopping ended the stage.
    """

    stage: int
    trainable_parameters: int
    best_epoch: int
    batch_size: int
    precision: str
    device: str
    stopped_early: bool


@dataclass(frozen=True, kw_only=True)
class TrainingHistory:
    """All epochs of all stages, in order."""

    epochs: tuple[EpochRecord, ...] = ()
    stages: tuple[StageRecord, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the history as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the history from what `to_dict` gave."""
        return cls(
            epochs=tuple(EpochRecord(**epoch) for epoch in values["epochs"]),
            stages=tuple(StageRecord(**stage) for stage in values["stages"]),
        )
