"""A stage that is interrupted and resumed is shown by trackers as one that was left alone."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from medimage.config.stage import StageConfig
from medimage.models.history import EpochRecord
from medimage.training.checkpointing.checkpoint_store import CheckpointFolder
from medimage.training.observers.csv_observer import CsvObserver
from medimage.training.observers.guarded_observer import GuardedObserver
from medimage.training.observers.observer import TrainingObserver
from medimage.training.observers.tensorboard_observer import TensorBoardObserver
from tests.support.trained_stages import run
from tests.support.training import short_recipe

RECIPE = short_recipe(stage1=StageConfig(epochs=4, trainable="head", learning_rate=1e-3))


class InterruptedAt(TrainingObserver):
    """Presses Ctrl-C when an epoch has ended."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def on_epoch_end(self, record: EpochRecord) -> None:
        if record.epoch == self._epoch:
            raise KeyboardInterrupt


def trackers(folder: Path) -> list[TrainingObserver]:
    return [
        GuardedObserver(CsvObserver(folder), name="CSV"),
        GuardedObserver(TensorBoardObserver(folder / "events"), name="TensorBoard"),
    ]


def train(checkpoints: Path, observers: Sequence[TrainingObserver]) -> tuple[EpochRecord, ...]:
    return run(1, RECIPE, checkpoints=CheckpointFolder(checkpoints), observers=observers).history.epochs


def shown(folder: Path) -> tuple[list[tuple[str, float]], list[tuple[int, float]]]:
    """Returns epochs and losses of the CSV file, and those of TensorBoard."""
    rows = csv.DictReader((folder / "stage1.csv").read_text().splitlines())
    events = EventAccumulator(str(folder / "events"))
    events.Reload()
    return (
        [(row["epoch"], float(row["validation_loss"])) for row in rows],
        [(event.step, event.value) for event in events.Scalars("loss/validation")],
    )


@pytest.mark.parametrize(
    "same_folder", [True, False], ids=["the step is tried again", "the pipeline starts from scratch"]
)
def test_every_epoch_is_shown_once(tmp_path: Path, same_folder: bool) -> None:
    first, second = tmp_path / "first", tmp_path / ("first" if same_folder else "second")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "checkpoints", [*trackers(first), InterruptedAt(2)])
    assert [epoch for epoch, _ in shown(first)[0]] == ["1", "2"]
    epochs = train(tmp_path / "checkpoints", trackers(second))
    table, events = shown(second)
    assert table == [(str(epoch.epoch), epoch.validation_loss) for epoch in epochs]
    assert [step for step, _ in events] == [1, 2, 3, 4]
    assert [value for _, value in events] == pytest.approx([epoch.validation_loss for epoch in epochs])
