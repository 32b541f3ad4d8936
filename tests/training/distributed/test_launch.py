"""Training in two processes, on the CPU."""

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest
import safetensors.torch
import torch

from medimage.config.augmentation import AugmentationConfig
from medimage.config.mixing import MixingConfig
from medimage.config.model import ModelConfig
from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.errors import ConfigurationError, TrainingError
from medimage.models.history import EpochRecord
from medimage.models.trained_model import TrainedModel
from medimage.training.checkpointing.checkpoint_store import CheckpointFolder
from medimage.training.observers.observer import StageStart, TrainingObserver
from tests.support.trained_stages import VALIDATION, run
from tests.support.training import SIZE, bright_quarters, short_recipe

EPOCHS = 3
# LayerNorm, stochastic depth in the backbone, dropout in the head.
MODEL = ModelConfig(
    name="test_convnext", pretrained=False, head="medical", input_size=SIZE, options={"drop_path_rate": 0.3}
)
# 43 images in batches of 8: the last one has 3.
TRAIN = bright_quarters(43, seed=1)


def recipe(processes: int) -> TrainingConfig:
    return short_recipe(
        stage2=StageConfig(
            epochs=EPOCHS, learning_rate=1e-3, backbone_learning_rate=3e-4, schedule=ScheduleConfig(name="cosine")
        ),
        processes=processes,
        class_weights={"left": 1.0, "right": 3.0},
        accumulation=2,
        gradient_clip=1.0,
        weight_average=0.9,
        augmentation=AugmentationConfig(horizontal_flip=0.5, rotation=10, brightness=0.2),
        mixing=MixingConfig(mixup=0.4, probability=0.5),
    )


def train(processes: int, **changes: Any) -> TrainedModel:
    return run(2, recipe(processes), **{"model": MODEL, "train": TRAIN, **changes})


class OfFirstProcess(CheckpointFolder):
    """A folder in which only the first process finds anything."""

    def names(self, key: str) -> list[str]:
        return super().names(key) if os.environ.get("RANK") == "0" else []


class Killer(TrainingObserver):
    """Ends one of the processes that train, after an epoch; keeps what it is told."""

    def __init__(self, *, after: int | None) -> None:
        self._after = after
        self.finished: list[int] = []
        self.epochs: list[int] = []
        self.batches = 0
        self.closed = 0

    def on_stage_start(self, start: StageStart) -> None:
        self.finished = [record.epoch for record in start.finished]

    def on_batch(self, done: int, total: int) -> None:
        assert done <= total
        self.batches = max(self.batches, done)

    def on_epoch_end(self, record: EpochRecord) -> None:
        self.epochs.append(record.epoch)
        if record.epoch == self._after:
            workers = [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
            assert len(workers) == 2
            os.kill(workers[-1].pid, signal.SIGKILL)

    def close(self) -> None:
        self.closed += 1


@pytest.mark.proof
def test_two_processes_of_which_one_died_and_was_replaced_give_what_one_gives(tmp_path: Path) -> None:
    # What is gone on from is the first one's decision: the others would begin anew.
    store = OfFirstProcess(tmp_path)
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    killer = Killer(after=2)
    with pytest.raises(TrainingError, match=r"was ended by SIGKILL.*Start the same command again to go on"):
        train(2, observers=[killer], checkpoints=store)
    assert killer.closed == 1
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == handlers

    watcher = Killer(after=None)
    together = train(2, observers=[watcher], checkpoints=store)
    assert watcher.finished == killer.epochs
    assert watcher.finished + watcher.epochs == [1, 2, 3]
    # 6 batches of training images and 3 of validation images, counted as one process does.
    assert watcher.batches == 9
    assert watcher.closed == 1

    require_same(together, train(1))


@pytest.mark.proof
@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet"])
def test_batch_norm_of_two_processes_sees_whole_batches(name: str) -> None:
    # The last batch has three images, too few for two processes: one of them takes images that do not count.
    model = ModelConfig(name=name, pretrained=False, head="linear", input_size=SIZE)
    # Adam divides small gradients by themselves, which makes much of their rounding.
    stage = StageConfig(epochs=1, optimizer="sgd", learning_rate=0.1)
    one, two = (recipe(processes).model_copy(update={"stage2": stage}) for processes in (1, 2))
    require_same(*(run(2, each, model=model, train=TRAIN) for each in (two, one)))


def require_same(together: TrainedModel, alone: TrainedModel) -> None:
    first, second = (safetensors.torch.load(model.last_weights) for model in (together, alone))
    for key, value in second.items():
        torch.testing.assert_close(first[key], value, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(together.history.epochs, alone.history.epochs, strict=True):
        assert ours.train_loss == pytest.approx(theirs.train_loss, abs=1e-5)
        assert ours.validation_loss == pytest.approx(theirs.validation_loss, abs=1e-5)
        assert ours.validation_auroc == pytest.approx(theirs.validation_auroc)
        assert (ours.train_accuracy, ours.validation_accuracy) == (theirs.train_accuracy, theirs.validation_accuracy)
        assert ours.head_learning_rate == theirs.head_learning_rate


@pytest.mark.proof
def test_what_one_process_refuses_is_told_as_one_process_tells_it() -> None:
    diverging = recipe(2).model_copy(
        update={"stage2": StageConfig(epochs=1, optimizer="sgd", learning_rate=1e30), "gradient_clip": None}
    )
    with pytest.raises(TrainingError, match=r"learning rate that is too high \(head 1e\+30"):
        run(2, diverging, model=MODEL, train=TRAIN, validation=VALIDATION)


def test_batches_too_small_for_the_processes_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"training\.processes is 5 and the batch size 8.*at least 10"):
        train(5)


def test_several_processes_on_mps_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    with pytest.raises(ConfigurationError, match=r"training\.processes is 2.*MPS.*training\.processes: 1"):
        run(2, short_recipe(processes=2, device="mps"), model=MODEL, train=TRAIN)
