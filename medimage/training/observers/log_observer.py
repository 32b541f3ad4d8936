"""Training in the log of the run: a line with all figures for every stage and epoch."""

from dataclasses import asdict

from medimage.models.history import EpochRecord, StageRecord
from medimage.run_log.notes import note
from medimage.training.observers.observer import StageStart, TrainingObserver


class LogObserver(TrainingObserver):
    """Notes when a stage begins and ends, and what every epoch came to."""

    def on_stage_start(self, start: StageStart) -> None:
        """Notes what the stage trains, and on what."""
        note(
            "stage started",
            stage=start.stage,
            epochs=start.epochs,
            epochs_finished_before=len(start.finished),
            train_images=start.train_images,
            validation_images=start.validation_images,
            batch_size=start.batch_size,
            precision=str(start.precision),
            device=str(start.device),
        )

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Notes the figures of an epoch."""
        note("epoch ended", **asdict(record))

    def on_stage_end(self, record: StageRecord) -> None:
        """Notes whose weights go on."""
        note("stage ended", stage=record.stage, best_epoch=record.best_epoch, stopped_early=record.stopped_early)
