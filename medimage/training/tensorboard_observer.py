"""Training in TensorBoard."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from medimage.models.history import EpochRecord
from medimage.training.observer import StageStart, TrainingObserver

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

logger = logging.getLogger(__name__)


class TensorBoardObserver(TrainingObserver):
    """Writes event files; a folder that cannot be written to is a warning.

    The epochs of both stages follow each other on one axis.

    Args:
        directory: Folder of the event files.
        first_epoch: Epochs that earlier stages have already written.
    """

    def __init__(self, directory: Path, *, first_epoch: int = 0) -> None:
        self._directory = directory
        self._epochs = first_epoch
        self._writer: SummaryWriter | None = None

    def on_stage_start(self, start: StageStart) -> None:
        """Opens the event file and writes down the stage."""
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (TensorBoard takes a second to import)

        try:
            self._writer = SummaryWriter(str(self._directory))
            self._writer.add_text(
                f"stage {start.stage}",
                f"{start.trainable_parameters:,} of {start.parameters:,} parameters, batches of {start.batch_size}, "
                f"{start.precision} on {start.device}",
                self._epochs,
            )
        except OSError as error:
            self._give_up(error)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Writes the epoch's scalars."""
        self._epochs += 1
        if self._writer is None:
            return
        try:
            for tag, value in epoch_scalars(record).items():
                self._writer.add_scalar(tag, value, self._epochs)
            self._writer.flush()
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Closes the event file."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.close()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._writer = None
        logger.warning("TensorBoard files cannot be written to %s (%s); training goes on.", self._directory, error)


def epoch_scalars(record: EpochRecord) -> dict[str, float]:
    """Returns the figures of an epoch under the names that trackers show."""
    return {
        "loss/train": record.train_loss,
        "loss/validation": record.validation_loss,
        "accuracy/train": record.train_accuracy,
        "accuracy/validation": record.validation_accuracy,
        "learning_rate/head": record.head_learning_rate,
        "learning_rate/backbone": record.backbone_learning_rate,
        "epoch_seconds": record.seconds,
    }
