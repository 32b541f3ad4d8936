"""A training whose processes are killed gives what one that is left alone gives, bit for bit."""

from pathlib import Path

import pytest

from medimage.config.augmentation import AugmentationConfig
from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.models.history import EpochRecord, TrainingHistory
from tests.support.killed_training import Training, train_and_kill
from tests.support.training import short_recipe

AUGMENTATION = AugmentationConfig(horizontal_flip=0.5, rotation=10, brightness=0.2)

TRAININGS = {
    "average of the weights, cosine, dropout": Training(
        2,
        short_recipe(
            stage2=StageConfig(
                epochs=10,
                optimizer="adamw",
                learning_rate=3e-3,
                backbone_learning_rate=1e-3,
                weight_decay=0.01,
                schedule=ScheduleConfig(name="cosine", warmup_epochs=2),
            ),
            weight_average=0.9,
            augmentation=AUGMENTATION,
        ),
    ),
    "plateau and early stopping": Training(
        2,
        short_recipe(
            stage2=StageConfig(
                epochs=20,
                optimizer="sgd",
                learning_rate=2e-2,
                schedule=ScheduleConfig(name="plateau", plateau_patience=0, plateau_factor=0.5),
                early_stopping=EarlyStoppingConfig(patience=6, min_delta=0.02),
            ),
        ),
    ),
    "warm restarts, bf16, accumulation, class weights": Training(
        2,
        short_recipe(
            stage2=StageConfig(
                epochs=10,
                optimizer="adam",
                learning_rate=1e-3,
                schedule=ScheduleConfig(name="warm_restarts", first_restart=3, restart_factor=2),
            ),
            precision="bf16",
            accumulation=2,
            gradient_clip=1.0,
            class_weights={"left": 1.0, "right": 2.0},
            augmentation=AUGMENTATION,
        ),
    ),
    "frozen backbone, views of features": Training(
        1,
        short_recipe(
            stage1=StageConfig(epochs=60, trainable="head", optimizer="adamax", learning_rate=1e-3, feature_views=3),
            augmentation=AUGMENTATION,
            weight_average=0.99,
        ),
    ),
}


def numbers(epoch: EpochRecord) -> tuple[float, ...]:
    """Returns all figures of an epoch but times and loads of the machine."""
    return (
        epoch.stage,
        epoch.epoch,
        epoch.train_loss,
        epoch.train_accuracy,
        epoch.validation_loss,
        epoch.validation_accuracy,
        epoch.head_learning_rate,
        epoch.backbone_learning_rate,
    )


def assert_same_numbers(first: TrainingHistory, second: TrainingHistory) -> None:
    assert [numbers(epoch) for epoch in first.epochs] == [numbers(epoch) for epoch in second.epochs]
    assert first.stages == second.stages


@pytest.mark.parametrize("name", TRAININGS)
def test_killed_processes_give_what_one_gives_bit_for_bit(name: str, tmp_path: Path) -> None:
    training = TRAININGS[name]
    undisturbed = training.run()
    killed = train_and_kill(training, tmp_path / "checkpoints", kills=3, seed=len(name))
    assert killed.model.weights == undisturbed.weights
    assert killed.model.last_weights == undisturbed.last_weights
    assert_same_numbers(killed.model.history, undisturbed.history)
    # Each process went on where the one before had come to, but for the epoch that it was killed in.
    assert len(killed.resumed) == 4
    assert all(after > before for before, after in zip(killed.resumed, killed.resumed[1:], strict=False))
    # No epoch was told twice, unless a process was killed after it had kept the epoch and before it told it.
    assert sorted(set(killed.epochs)) == killed.epochs
    # What is not needed any more is gone.
    assert not any((tmp_path / "checkpoints").iterdir())
