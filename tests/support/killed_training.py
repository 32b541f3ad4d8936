"""Training in processes that are killed, and trained on by others."""

import itertools
import multiprocessing
import os
import random
import signal
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from medimage.config.training import TrainingConfig
from medimage.models.history import EpochRecord
from medimage.models.trained_model import TrainedModel
from medimage.training.checkpointing.checkpoint_store import CheckpointFolder
from medimage.training.observers.observer import StageStart, TrainingObserver
from tests.support.trained_stages import TRAIN, VALIDATION, run
from tests.support.training import SMALL

# Its children begin with PyTorch imported, and with no threads.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])

_SECONDS = 60.0


@dataclass(frozen=True)
class Training:
    """A stage to be trained, in whatever process.

    Attributes:
        stage: 1 or 2.
        recipe: Its recipe.
        head: Its head; `medical` has dropout.
        images: Number of training images.
    """

    stage: int
    recipe: TrainingConfig
    head: str = "medical"
    images: int = 48

    def run(self, folder: Path | None = None, log: Path | None = None) -> TrainedModel:
        """Trains, or trains on from the checkpoints in a folder; writes finished epochs into a log."""
        return run(
            self.stage,
            self.recipe,
            model=SMALL.model_copy(update={"head": self.head}),
            train=TRAIN.take(np.arange(self.images)),
            validation=VALIDATION,
            observers=[] if log is None else [_EpochLog(log)],
            checkpoints=None if folder is None else CheckpointFolder(folder),
        )


@dataclass(frozen=True)
class KilledTraining:
    """What came of a training whose processes were killed.

    Attributes:
        model: The trained model.
        kills: How many processes were killed.
        epochs: Epochs in the order in which processes finished them.
        resumed: Finished epochs that each process began with.
    """

    model: TrainedModel
    kills: int
    epochs: list[int]
    resumed: list[int]


def train_and_kill(training: Training, folder: Path, *, kills: int, seed: int) -> KilledTraining:
    """Trains in processes that are ended at random moments, each by another signal, and in one that is let live."""
    generator = random.Random(seed)
    signals = itertools.cycle((signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
    log = folder.with_name("epochs.txt")
    log.touch()
    for killed in range(kills):
        process = _CONTEXT.Process(target=_train, args=(training, folder, log))
        process.start()
        # Every process gets to the end of an epoch, so that they come to an end together.
        _wait_for_epoch(process, log, _lines(log))
        time.sleep(generator.uniform(0.0, 0.1))
        if not process.is_alive():
            raise AssertionError(f"only {killed} processes could be killed: make the training longer")
        os.kill(process.pid or 0, next(signals))
        process.join()
    model = training.run(folder, log)
    lines = [line.split() for line in log.read_text().splitlines()]
    return KilledTraining(
        model=model,
        kills=kills,
        epochs=[int(number) for kind, number in lines if kind == "epoch"],
        resumed=[int(number) for kind, number in lines if kind == "resumed"],
    )


def _train(training: Training, folder: Path, log: Path) -> None:
    training.run(folder, log)


def _lines(log: Path) -> int:
    return log.read_text().count("epoch")


def _wait_for_epoch(process: BaseProcess, log: Path, before: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while _lines(log) <= before:
        if not process.is_alive() or time.monotonic() > deadline:
            raise AssertionError(f"the process did not finish an epoch; exit code {process.exitcode}")
        time.sleep(0.005)


class _EpochLog(TrainingObserver):
    def __init__(self, log: Path) -> None:
        self._log = log

    def on_stage_start(self, start: StageStart) -> None:
        self._add(f"resumed {len(start.finished)}")

    def on_epoch_end(self, record: EpochRecord) -> None:
        self._add(f"epoch {record.epoch}")

    def _add(self, line: str) -> None:
        with self._log.open("a") as file:
            file.write(f"{line}\n")
