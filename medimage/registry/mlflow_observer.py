"""Training, epoch by epoch, in MLflow."""

from collections.abc import Callable, Mapping
from typing import Any

from medimage.models.history import EpochRecord, StageRecord, TrainingHistory
from medimage.models.trained_model import TrainedModel
from medimage.registry.experiment_log import ExperimentLog
from medimage.training.observers.observer import StageStart, TrainingObserver

MODEL_FOLDER = "models"
"""Folder of the weights among the artifacts of a run."""


class MlflowObserver(TrainingObserver):
    """Writes settings, learning curves and weights of a run while it trains, an epoch in one request.

    Epochs of an earlier stage, and those of an interrupted process, are written as well where they are not there yet:
    they may have been taken from an earlier run.

    Args:
        open_log: Opens the run's log; called when the stage starts.
        earlier: Epochs before this stage.
        settings: Hyperparameters; nested ones get dotted names.
        store_models: Whether the weights are stored.
    """

    def __init__(
        self,
        open_log: Callable[[], ExperimentLog],
        *,
        earlier: TrainingHistory,
        settings: Mapping[str, Any],
        store_models: bool,
    ) -> None:
        self._open_log = open_log
        self._earlier = earlier
        self._settings = settings
        self._store_models = store_models
        self._log: ExperimentLog | None = None

    def on_stage_start(self, start: StageStart) -> None:
        """Opens the log, and writes the settings, what the stage trains, and the epochs before."""
        self._log = self._open_log()
        self._log.log_parameters(
            {
                **self._settings,
                f"stage{start.stage}": {
                    "trainable_parameters": start.trainable_parameters,
                    "parameters": start.parameters,
                    "learning_rates": dict(start.learning_rates),
                    "batch_size": start.batch_size,
                    "precision": start.precision,
                    "device": start.device,
                },
            }
        )
        self._log.log_history(TrainingHistory(epochs=(*self._earlier.epochs, *start.finished)))

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Writes one epoch."""
        if self._log is not None:
            self._log.log_epoch(record, step=len(self._earlier.epochs) + record.epoch)

    def on_stage_end(self, record: StageRecord) -> None:
        """Writes the best epoch."""
        if self._log is not None:
            self._log.log_metrics({f"stage{record.stage}": {"best_epoch": record.best_epoch}})

    def on_model(self, model: TrainedModel) -> None:
        """Stores the weights; those of a later stage take the place of those before."""
        if self._log is not None and self._store_models:
            self._log.log_files(model.weight_files(), folder=MODEL_FOLDER)
