"""Training, epoch by epoch, in MLflow."""

from medimage.models.history import EpochRecord, TrainingHistory
from medimage.registry.experiment_log import ExperimentLog
from medimage.training.observer import StageStart, TrainingObserver


class MlflowObserver(TrainingObserver):
    """Writes the learning curves of a run while it trains.

    Epochs of an earlier stage are written as well where they are not there yet: that stage may have been taken from
    an earlier run.

    Args:
        log: The run's log.
        earlier: Epochs before this stage.
    """

    def __init__(self, log: ExperimentLog, *, earlier: TrainingHistory) -> None:
        self._log = log
        self._epochs = list(earlier.epochs)

    def on_stage_start(self, start: StageStart) -> None:
        """Writes what the stage trains."""
        self._log.log_parameters(
            {
                f"stage{start.stage}": {
                    "trainable_parameters": start.trainable_parameters,
                    "parameters": start.parameters,
                    "learning_rates": dict(start.learning_rates),
                    "batch_size": start.batch_size,
                    "precision": start.precision,
                    "device": start.device,
                }
            }
        )
        self._log.log_history(TrainingHistory(epochs=tuple(self._epochs)))

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Writes one epoch."""
        self._epochs.append(record)
        self._log.log_history(TrainingHistory(epochs=tuple(self._epochs)))
