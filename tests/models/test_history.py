import json

from medimage.models.history import EpochRecord, StageRecord, TrainingHistory

RECORD = EpochRecord(
    stage=1,
    epoch=1,
    train_loss=1.0,
    train_accuracy=0.5,
    validation_loss=1.5,
    validation_accuracy=0.25,
    head_learning_rate=1e-3,
    backbone_learning_rate=0.0,
    seconds=2.0,
    validation_auroc=0.75,
    images_per_second=10.0,
    seconds_left=4.0,
    process_memory_gib=1.0,
    process_rise_gib=0.5,
    hardware={"cpu_percent_mean": 50.0},
    is_best=True,
)
STAGE = StageRecord(
    stage=1, trainable_parameters=1, best_epoch=1, batch_size=8, precision="fp32", device="cpu", stopped_early=False
)


def test_history_comes_back_from_json() -> None:
    history = TrainingHistory(epochs=(RECORD,), stages=(STAGE,))
    assert TrainingHistory.from_dict(json.loads(json.dumps(history.to_dict()))) == history


def test_history_that_was_stored_before_costs_were_measured_is_read() -> None:
    values = TrainingHistory(epochs=(RECORD,), stages=(STAGE,)).to_dict()
    new = (
        "validation_auroc",
        "images_per_second",
        "seconds_left",
        "process_memory_gib",
        "process_rise_gib",
        "hardware",
        "is_best",
    )
    for name in (*new, "gpu_allocated_gib", "gpu_reserved_gib"):
        del values["epochs"][0][name]
    (epoch,) = TrainingHistory.from_dict(values).epochs
    assert epoch.train_loss == 1.0
    assert (epoch.validation_auroc, epoch.images_per_second, epoch.hardware) == (None, None, {})
