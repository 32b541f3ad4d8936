"""What observers of training are told in tests."""

from medimage.models.history import EpochRecord, StageRecord, TrainingHistory
from medimage.models.trained_model import TrainedModel
from medimage.training.observers.observer import StageStart
from tests.support.training import specification

START = StageStart(
    stage=2,
    epochs=12,
    trainable_parameters=250_000,
    parameters=1_000_000,
    learning_rates={"head": 3e-5, "backbone": 5e-6},
    batch_size=32,
    precision="bf16",
    device="cpu",
    train_images=4239,
    validation_images=908,
)
EPOCH = EpochRecord(
    stage=2,
    epoch=3,
    train_loss=0.75,
    train_accuracy=0.8,
    validation_loss=0.5,
    validation_accuracy=0.9,
    head_learning_rate=3e-5,
    backbone_learning_rate=5e-6,
    seconds=12.34,
    is_best=True,
)
STAGE = StageRecord(
    stage=2,
    trainable_parameters=250_000,
    best_epoch=3,
    batch_size=32,
    precision="bf16",
    device="cpu",
    stopped_early=True,
)
MODEL = TrainedModel(
    spec=specification(), weights=b"best", last_weights=b"last", history=TrainingHistory(), parameters=1
)
