"""Training in TensorBoard."""

from pathlib import Path
from typing import TYPE_CHECKING

from medimage.models.history import EpochRecord
from medimage.training.observers.epoch_scalars import epoch_scalars
from medimage.training.observers.observer import StageStart, TrainingObserver

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoardObserver(TrainingObserver):
    """Writes event files. The epochs of both stages follow each other on one axis.

    Args:
        directory: Folder of the event files.
        first_epoch: Epochs of earlier stages.
    """

    def __init__(self, directory: Path, *, first_epoch: int = 0) -> None:
        self._directory = directory
        self._first_epoch = first_epoch
        self._writer: SummaryWriter | None = None

    def on_stage_start(self, start: StageStart) -> None:
        """Opens an event file, and writes down the stage and the epochs of it that are there already.

        Raises:
            OSError: If the folder cannot be written to.
        """
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (TensorBoard takes a second to import)

        # What an interrupted process wrote of this stage is taken back, so that no epoch is shown twice.
        self._writer = SummaryWriter(str(self._directory), purge_step=self._first_epoch + 1)
        self._writer.add_text(
            f"stage {start.stage}",
            f"{start.trainable_parameters:,} of {start.parameters:,} parameters, batches of {start.batch_size}, "
            f"{start.precision} on {start.device}",
            self._first_epoch + 1,
        )
        for record in start.finished:
            self.on_epoch_end(record)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Writes the epoch's scalars.

        Raises:
            OSError: If the file cannot be written to.
        """
        if self._writer is None:
            return
        for tag, value in epoch_scalars(record).items():
            self._writer.add_scalar(tag, value, self._first_epoch + record.epoch)
        self._writer.flush()

    def close(self) -> None:
        """Closes the event file."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
