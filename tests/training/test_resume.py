"""A training whose processes are killed gives what one that is left alone gives, bit for bit."""

import logging
from pathlib import Path
from typing import Any

import pytest

from medimage.config.augmentation import AugmentationConfig
from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.models.history import EpochRecord, TrainingHistory
from medimage.training.checkpointing.checkpoint_store import CheckpointFolder
from medimage.training.observers.observer import StageStart, TrainingObserver
from tests.support.disk import files_limited_to
from tests.support.killed_training import Training, train_and_kill
from tests.support.trained_stages import run
from tests.support.training import bright_quarters, short_recipe

AUGMENTATION = AugmentationConfig(horizontal_flip=0.5, rotation=10, brightness=0.2)

TRAININGS = {
    "the last average of the weights, cosine, dropout": Training(
        2,
        short_recipe(
            stage2=StageConfig(
                epochs=10,
                optimizer="adamw",
                learning_rate=3e-3,
                backbone_learning_rate=1e-3,
                weight_decay=0.01,
                schedule=ScheduleConfig(name="cosine", warmup_epochs=2),
                selection="last",
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
    "frozen BatchNorm, average of the weights": Training(
        2,
        short_recipe(
            stage2=StageConfig(epochs=10, optimizer="adamw", learning_rate=1e-3, batch_norm="frozen"),
            weight_average=0.9,
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


IN_EVERY_RUN = ("warm restarts, bf16, accumulation, class weights",)
"""The others take a quarter of a minute each, and are proofs."""


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
        epoch.is_best,
    )


def assert_same_numbers(first: TrainingHistory, second: TrainingHistory) -> None:
    assert [numbers(epoch) for epoch in first.epochs] == [numbers(epoch) for epoch in second.epochs]
    assert first.stages == second.stages


@pytest.mark.parametrize(
    "name", [name if name in IN_EVERY_RUN else pytest.param(name, marks=pytest.mark.proof) for name in TRAININGS]
)
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


class InterruptedAfter(TrainingObserver):
    """Presses Ctrl-C after an epoch."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def on_epoch_end(self, record: EpochRecord) -> None:
        if record.epoch == self._epoch:
            raise KeyboardInterrupt


SHORT = short_recipe(stage2=StageConfig(epochs=4, learning_rate=1e-3, schedule=ScheduleConfig(name="cosine")))


def interrupt(folder: Path, *, after: int) -> list[Path]:
    """Interrupts a training, and returns the checkpoints that it leaves, by epoch."""
    with pytest.raises(KeyboardInterrupt):
        run(2, SHORT, observers=[InterruptedAfter(after)], checkpoints=CheckpointFolder(folder))
    return sorted(folder.rglob("*.safetensors"))


def test_training_goes_on_from_the_checkpoint_before_a_damaged_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newest = interrupt(tmp_path, after=3)[-1]
    newest.write_bytes(newest.read_bytes()[:-100])
    with caplog.at_level(logging.WARNING, logger="medimage"):
        resumed = run(2, SHORT, checkpoints=CheckpointFolder(tmp_path))
    assert [newest.name in message for message in caplog.messages] == [True]
    assert resumed.last_weights == run(2, SHORT).last_weights


@pytest.mark.proof
def test_training_of_all_epochs_whose_end_was_not_seen_is_not_done_again(tmp_path: Path) -> None:
    interrupt(tmp_path, after=4)
    resumed = run(2, SHORT, observers=[InterruptedAfter(4)], checkpoints=CheckpointFolder(tmp_path))
    assert resumed.last_weights == run(2, SHORT).last_weights


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"batch_size": 12},
        {"code": "another"},
        {"train": bright_quarters(48, seed=1, classes=("left", "other")), "classes": ("left", "other")},
        {"train": bright_quarters(48, seed=5)},
        {"validation": bright_quarters(24, seed=6)},
        {"recipe": SHORT.model_copy(update={"label_smoothing": 0.2})},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_training_begins_with_its_first_epoch(tmp_path: Path, change: dict[str, Any]) -> None:
    interrupt(tmp_path, after=2)
    arguments = {**change}
    recipe = arguments.pop("recipe", SHORT)
    if classes := arguments.pop("classes", None):
        arguments["validation"] = bright_quarters(24, seed=2, classes=classes)
    with pytest.raises(KeyboardInterrupt):
        run(2, recipe, observers=[InterruptedAfter(1)], checkpoints=CheckpointFolder(tmp_path), **arguments)


@pytest.mark.parametrize(
    "settings", [pytest.param({"batch_sizes": {"resnet18": 16}}, marks=pytest.mark.proof), {"batch_size": 8}]
)
def test_settings_that_decide_nothing_do_not_lose_the_epochs_before(tmp_path: Path, settings: dict[str, Any]) -> None:
    interrupt(tmp_path, after=3)
    begun: list[int] = []

    class Watching(TrainingObserver):
        def on_stage_start(self, start: StageStart) -> None:
            begun.append(len(start.finished))

    recipe = SHORT.model_copy(update=settings)
    resumed = run(2, recipe, observers=[Watching()], checkpoints=CheckpointFolder(tmp_path))
    assert begun == [3]
    assert resumed.last_weights == run(2, SHORT).last_weights


def test_without_checkpoints_nothing_is_kept(tmp_path: Path) -> None:
    recipe = SHORT.model_copy(update={"checkpoints": False})
    with pytest.raises(KeyboardInterrupt):
        run(2, recipe, observers=[InterruptedAfter(2)], checkpoints=CheckpointFolder(tmp_path))
    assert not any(tmp_path.iterdir())


def test_a_full_disk_does_not_end_the_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with files_limited_to(10_000), caplog.at_level(logging.WARNING, logger="medimage"):
        trained = run(2, SHORT, checkpoints=CheckpointFolder(tmp_path))
    assert len(caplog.messages) == 1
    assert str(tmp_path) in caplog.text
    assert trained.last_weights == run(2, SHORT).last_weights
