"""What happened in each epoch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
        validation_auroc: Area under the ROC curve on the validation images, each class against the rest, mean over the
            classes, in [0, 1]; `None` where no class has images on both sides, and in histories without it.
        images_per_second: Training images per second of the training pass, augmentation included; `None` in histories
            without it, as are all fields below.
        seconds_left: Expected time until the last epoch of the stage; early stopping may end it before.
        process_memory_gib: Resident memory of the training process after the epoch, in GiB.
        process_rise_gib: What it rose by since the start of the stage, in GiB; the network is there by then.
        gpu_allocated_gib: Largest memory that tensors took on the GPU during the epoch, in GiB; `None` without a GPU.
        gpu_reserved_gib: Largest memory that PyTorch held on the GPU during the epoch, in GiB; `None` without a GPU.
        hardware: Load of the machine during the epoch, means and peaks by name, such as `cpu_percent_mean`.
        is_best: Whether its weights were those to hand on so far: the best, or the last where the recipe takes them.
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
    validation_auroc: float | None = None
    images_per_second: float | None = None
    seconds_left: float | None = None
    process_memory_gib: float | None = None
    process_rise_gib: float | None = None
    gpu_allocated_gib: float | None = None
    gpu_reserved_gib: float | None = None
    hardware: Mapping[str, float] = field(default_factory=dict)
    is_best: bool = False


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """Figures of one stage.

    Attributes:
        stage: 1 or 2.
        trainable_parameters: Number of parameters that were trained.
        best_epoch: Epoch whose weights are handed on, from 1: that of the best validation accuracy, or the last where
            the recipe takes the last; 0 where no epoch beat the state before the stage.
        batch_size: Images per batch.
        precision: `fp32`, `bf16` or `fp16`.
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
