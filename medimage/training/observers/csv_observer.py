"""Training as a table: one file per stage, one line per epoch."""

import csv
import io
from pathlib import Path

from medimage.models.history import EpochRecord
from medimage.training.observers.epoch_scalars import system_scalars
from medimage.training.observers.observer import StageStart, TrainingObserver
from medimage.whole_file import write_whole

_COLUMNS = (
    "stage",
    "epoch",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_auroc",
    "head_learning_rate",
    "backbone_learning_rate",
    "seconds",
)


class CsvObserver(TrainingObserver):
    """Writes `stageN.csv`; a reader finds it whole at every moment, with each epoch once, also after a resumption.

    Args:
        directory: Folder of the files; made where it is missing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._rows: dict[int, dict[str, object]] = {}

    def on_stage_start(self, start: StageStart) -> None:
        """Makes the folder, and takes over the epochs that an interrupted process has finished.

        Raises:
            OSError: If the folder cannot be made.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        self._rows = {record.epoch: _row(record) for record in start.finished}

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Writes the epoch's line.

        Raises:
            StorageError: If the file cannot be written.
        """
        self._rows[record.epoch] = _row(record)
        # Machines that a stage was resumed on may measure different things, so the columns are those of all lines.
        columns = dict.fromkeys([*_COLUMNS, *(name for row in self._rows.values() for name in row)])
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, fieldnames=list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for _, row in sorted(self._rows.items()))
        write_whole(self._directory / f"stage{record.stage}.csv", text.getvalue().encode("utf-8"))


def _row(record: EpochRecord) -> dict[str, object]:
    system = {name.rpartition("/")[2]: value for name, value in system_scalars(record).items()}
    return {**{name: getattr(record, name) for name in _COLUMNS}, **system}
