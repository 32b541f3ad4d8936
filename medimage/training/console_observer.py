"""Training on the terminal: a bar for the batches, a line for every epoch."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from medimage.models.history import EpochRecord, StageRecord
from medimage.training.observer import StageStart, TrainingObserver


class ConsoleObserver(TrainingObserver):
    """Shows a progress bar with the time left where the console is a terminal, and plain lines everywhere.

    Args:
        console: Where to write; standard error when not given.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._start: StageStart | None = None
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._title = ""
        self._best = 0.0

    def on_stage_start(self, start: StageStart) -> None:
        """Writes what the stage trains, on what and how fast."""
        self._start = start
        self._best = 0.0
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
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("batches, left"),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()

    def on_pass_start(self, title: str) -> None:
        """Starts the bar anew."""
        self._title = title
        if self._progress is not None and self._start is not None:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task = self._progress.add_task(f"stage {self._start.stage} · {title}", total=None)

    def on_batch(self, done: int, total: int) -> None:
        """Moves the bar."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Writes the epoch's line; a star marks the best validation accuracy so far."""
        epochs = self._start.epochs if self._start is not None else record.epoch
        mark = " *" if record.validation_accuracy > self._best else ""
        self._best = max(self._best, record.validation_accuracy)
        rate = f"{record.head_learning_rate:.1e}"
        if record.backbone_learning_rate:
            rate += f"/{record.backbone_learning_rate:.1e}"
        self._write(
            f"stage {record.stage} epoch {record.epoch:>{len(str(epochs))}}/{epochs}  "
            f"train loss {record.train_loss:.4f} acc {record.train_accuracy:.4f}  "
            f"val loss {record.validation_loss:.4f} acc {record.validation_accuracy:.4f}  "
            f"lr {rate}  {record.seconds:.1f} s{mark}"
        )

    def on_stage_end(self, record: StageRecord) -> None:
        """Writes which epoch was the best."""
        best = f"epoch {record.best_epoch}" if record.best_epoch else "the state before the stage"
        ended = ", stopped early" if record.stopped_early else ""
        self._write(f"stage {record.stage}: best weights are those of {best}{ended}")
        self.close()

    def close(self) -> None:
        """Takes the bar away and gives the terminal its cursor back."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = None
        self._task = None

    def _write(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False)
