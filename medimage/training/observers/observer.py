"""What training tells those who watch it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from medimage.models.history import EpochRecord, StageRecord
from medimage.models.trained_model import TrainedModel


@dataclass(frozen=True, kw_only=True)
class StageStart:
    """What a stage is about to do.

    Attributes:
        stage: 1 or 2.
        epochs: Epochs at most.
        trainable_parameters: Number of parameters that are trained.
        parameters: Number of parameters in total.
        learning_rates: Learning rate of the first epoch by group, `head` and, where it is trained, `backbone`.
        batch_size: Images per batch.
        precision: `fp32`, `bf16` or `fp16`.
        device: Device that is trained on.
        train_images: Number of training images.
        validation_images: Number of validation images.
        finished: Epochs of this stage that an earlier process has finished, where the stage is resumed.
    """

    stage: int
    epochs: int
    trainable_parameters: int
    parameters: int
    learning_rates: Mapping[str, float]
    batch_size: int
    precision: str
    device: str
    train_images: int
    validation_images: int
    finished: tuple[EpochRecord, ...] = ()


class TrainingObserver(Protocol):
    """Watches training. Subclasses override what they care for.

    One that talks to a service or a disk is put into a `GuardedObserver`: there it may raise or hang.
    """

    def on_stage_start(self, start: StageStart) -> None:
        """A stage begins."""

    def on_pass_start(self, title: str) -> None:
        """A pass over batches begins: an epoch, or the measurements before the first one."""

    def on_batch(self, done: int, total: int) -> None:
        """A batch of the current pass is done, `done` of `total`."""

    def on_epoch_end(self, record: EpochRecord) -> None:
        """An epoch with its validation is over."""

    def on_stage_end(self, record: StageRecord) -> None:
        """A stage is over."""

    def on_model(self, model: TrainedModel) -> None:
        """The model that the stage leaves behind is there, with its best and its last weights."""

    def close(self) -> None:
        """Nothing more will come: the stage is over, failed, or was interrupted."""

    def release(self) -> None:
        """Lets go of whatever would keep the process from ending; called last, even where `close` did not come back."""


class ObserverGroup(TrainingObserver):
    """Passes everything on to several observers."""

    def __init__(self, observers: Sequence[TrainingObserver]) -> None:
        self._observers = tuple(observers)

    def on_stage_start(self, start: StageStart) -> None:
        """Passes it on."""
        for observer in self._observers:
            observer.on_stage_start(start)

    def on_pass_start(self, title: str) -> None:
        """Passes it on."""
        for observer in self._observers:
            observer.on_pass_start(title)

    def on_batch(self, done: int, total: int) -> None:
        """Passes it on."""
        for observer in self._observers:
            observer.on_batch(done, total)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Passes it on."""
        for observer in self._observers:
            observer.on_epoch_end(record)

    def on_stage_end(self, record: StageRecord) -> None:
        """Passes it on."""
        for observer in self._observers:
            observer.on_stage_end(record)

    def on_model(self, model: TrainedModel) -> None:
        """Passes it on."""
        for observer in self._observers:
            observer.on_model(model)

    def close(self) -> None:
        """Passes it on."""
        for observer in self._observers:
            observer.close()


class BatchCounter:
    """Counts the batches of one pass and tells observers."""

    def __init__(self, observers: TrainingObserver, *, title: str, total: int) -> None:
        self._observers = observers
        self._done = 0
        self._total = total
        observers.on_pass_start(title)

    def step(self) -> None:
        """Counts one batch."""
        self._done += 1
        self._observers.on_batch(self._done, self._total)
