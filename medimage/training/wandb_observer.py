"""Training in Weights & Biases."""

import importlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from medimage.models.history import EpochRecord, StageRecord
from medimage.training.observer import StageStart, TrainingObserver
from medimage.training.tensorboard_observer import epoch_scalars

logger = logging.getLogger(__name__)

START_SECONDS = 20.0
"""Time the service gets to answer when a run starts."""


class WandbObserver(TrainingObserver):
    """Logs scalars and hyperparameters of one run; a service that is down or not installed is a warning.

    Args:
        project: Project on the service.
        name: Name of the run.
        config: Hyperparameters to show beside it.
        directory: Folder for the run's local files.
    """

    def __init__(self, *, project: str, name: str, config: Mapping[str, Any], directory: Path) -> None:
        self._project = project
        self._name = name
        self._config = dict(config)
        self._directory = directory
        self._run: Any = None

    def on_stage_start(self, start: StageStart) -> None:
        """Starts the run."""
        self._attempt(lambda: self._open(start))

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Logs the epoch's scalars."""
        if self._run is not None:
            self._attempt(lambda: self._run.log({"stage": record.stage, **epoch_scalars(record)}))

    def on_stage_end(self, record: StageRecord) -> None:
        """Logs the best epoch."""
        if self._run is not None:
            self._attempt(lambda: self._run.summary.update({f"stage{record.stage}/best_epoch": record.best_epoch}))

    def close(self) -> None:
        """Finishes the run."""
        run, self._run = self._run, None
        if run is not None:
            self._attempt(run.finish)

    def _open(self, start: StageStart) -> None:
        wandb = importlib.import_module("wandb")
        self._directory.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=self._project,
            name=f"{self._name}-stage{start.stage}",
            group=self._name,
            dir=str(self._directory),
            config=self._config,
            # The console may name files and patients; it stays here.
            settings=wandb.Settings(init_timeout=START_SECONDS, silent=True, console="off"),
        )

    def _attempt(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except Exception as error:  # The service fails in many ways, none of which may end a training run.
            self._run = None
            logger.warning("Weights & Biases is not available (%s); training goes on without it.", error)
