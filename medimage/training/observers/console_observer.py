"""Training on the terminal: bars for stage and batches, a line for every epoch."""

import sys
from typing import IO, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from medimage.lasting_stream import LastingStream
from medimage.models.history import EpochRecord, StageRecord
from medimage.training.observers.observer import StageStart, TrainingObserver

_ESTIMATE_SECONDS = 3600.0
"""Past that the time left is estimated from; training and validation have different speeds, so it spans epochs."""


class ConsoleObserver(TrainingObserver):
    """Shows bars with the time left of the stage where the console is a terminal, and plain lines everywhere.

    Args:
        console: Where to write; standard error when not given.
    """

    def __init__(self, console: Console | None = None) -> None:
        lasting = cast(IO[str], LastingStream(sys.stderr))
        self._console = console or Console(file=lasting, highlight=False, soft_wrap=True)
        self._start: StageStart | None = None
        self._progress: Progress | None = None
        self._stage_task: TaskID | None = None
        self._task: TaskID | None = None
        self._finished = 0
        self._in_epoch = False

    def on_stage_start(self, start: StageStart) -> None:
        """Writes what the stage trains, on what and how fast, and which epochs are done."""
        self._start = start
        self._finished = len(start.finished)
        rates = ", ".join(f"{name} {rate:.1e}" for name, rate in start.learning_rates.items())
        share = start.trainable_parameters / start.parameters
        self._write(
            f"stage {start.stage}: {start.epochs} epochs, {start.train_images} training and "
            f"{start.validation_images} validation images, batches of {start.batch_size}, {start.precision} on "
            f"{start.device}"
        )
        self._write(
            f"stage {start.stage}: trains {start.trainable_parameters:,} of {start.parameters:,} parameters "
            f"({share:.1%}), learning rates: {rates}"
        )
        if start.finished:
            self._write(f"stage {start.stage}: goes on after epoch {self._finished}, which an earlier run finished")
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[unit]}, left"),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
                speed_estimate_period=_ESTIMATE_SECONDS,
            )
            self._progress.start()
            self._stage_task = self._progress.add_task(
                f"stage {start.stage}", total=start.epochs, completed=self._finished, unit="epochs"
            )

    def on_pass_start(self, title: str) -> None:
        """Starts the bar of the batches anew."""
        self._in_epoch = title.startswith("epoch ")
        if self._progress is not None and self._start is not None:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task = self._progress.add_task(f"stage {self._start.stage} · {title}", total=None, unit="batches")

    def on_batch(self, done: int, total: int) -> None:
        """Moves the bars."""
        if self._progress is None or self._task is None or self._stage_task is None:
            return
        self._progress.update(self._task, completed=done, total=total)
        if self._in_epoch:
            self._progress.update(self._stage_task, completed=self._finished + done / total)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Writes the epoch's line; a star marks the weights to hand on so far."""
        epochs = self._start.epochs if self._start is not None else record.epoch
        mark = " *" if record.is_best else ""
        rate = f"{record.head_learning_rate:.1e}"
        if record.backbone_learning_rate:
            rate += f"/{record.backbone_learning_rate:.1e}"
        self._write(
            f"stage {record.stage} epoch {record.epoch:>{len(str(epochs))}}/{epochs}  "
            f"train loss {record.train_loss:.4f} acc {record.train_accuracy:.4f}  "
            f"val loss {record.validation_loss:.4f} acc {record.validation_accuracy:.4f}{_auroc(record)}  "
            f"lr {rate}  {record.seconds:.1f} s{_cost(record)}{mark}"
        )
        self._finished = record.epoch

    def on_stage_end(self, record: StageRecord) -> None:
        """Writes whose weights go on."""
        best = f"epoch {record.best_epoch}" if record.best_epoch else "the state before the stage"
        ended = ", stopped early" if record.stopped_early else ""
        self._write(f"stage {record.stage}: hands on the weights of {best}{ended}")
        self.close()

    def close(self) -> None:
        """Takes the bars away and gives the terminal its cursor back."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = None
        self._stage_task = None
        self._task = None

    def _write(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False)


def _auroc(record: EpochRecord) -> str:
    return "" if record.validation_auroc is None else f" auroc {record.validation_auroc:.4f}"


def _cost(record: EpochRecord) -> str:
    """Returns what was measured of rate, memory and time left, in words."""
    told = ""
    if record.images_per_second is not None:
        told += f"  {record.images_per_second:.0f} images/s"
    if record.process_memory_gib is not None:
        told += f"  {record.process_memory_gib:.1f} GiB"
    if record.gpu_allocated_gib is not None and record.gpu_reserved_gib is not None:
        told += f"  GPU {record.gpu_allocated_gib:.1f}/{record.gpu_reserved_gib:.1f} GiB"
    if record.seconds_left:
        told += f"  left {duration(record.seconds_left)}"
    return told


def duration(seconds: float) -> str:
    """Returns a time as hours, minutes and seconds, such as `1:02:03`, or as `2:03` below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
