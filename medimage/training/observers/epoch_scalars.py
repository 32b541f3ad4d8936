"""The figures of an epoch under the names that trackers show."""

from medimage.models.history import EpochRecord

SYSTEM = "system"
"""First part of the names of what the machine does; MLflow shows them on a page of their own."""


def epoch_scalars(record: EpochRecord) -> dict[str, float]:
    """Returns the figures of an epoch by name; those that were not measured are left out."""
    figures = {
        "loss/train": record.train_loss,
        "loss/validation": record.validation_loss,
        "accuracy/train": record.train_accuracy,
        "accuracy/validation": record.validation_accuracy,
        "auroc/validation": record.validation_auroc,
        "learning_rate/head": record.head_learning_rate,
        "learning_rate/backbone": record.backbone_learning_rate,
        "epoch_seconds": record.seconds,
        **system_scalars(record),
    }
    return {name: value for name, value in figures.items() if value is not None}


def system_scalars(record: EpochRecord) -> dict[str, float]:
    """Returns what an epoch asked of the machine, by name."""
    figures = {
        "images_per_second": record.images_per_second,
        "process_memory_gib": record.process_memory_gib,
        "gpu_allocated_gib": record.gpu_allocated_gib,
        "gpu_reserved_gib": record.gpu_reserved_gib,
        **record.hardware,
    }
    return {f"{SYSTEM}/{name}": value for name, value in figures.items() if value is not None}
