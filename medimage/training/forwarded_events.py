"""What one process tells observers in another one."""

from multiprocessing.queues import SimpleQueue
from threading import Thread
from typing import Any

from medimage.models.history import EpochRecord, StageRecord
from medimage.training.observer import StageStart, TrainingObserver


class ForwardingObserver(TrainingObserver):
    """Sends what it is told to another process. The model and the end are not sent: that process has them itself."""

    def __init__(self, events: "SimpleQueue[tuple[str, tuple[Any, ...]] | None]") -> None:
        self._events = events

    def on_stage_start(self, start: StageStart) -> None:
        """Sends it."""
        self._events.put(("on_stage_start", (start,)))

    def on_pass_start(self, title: str) -> None:
        """Sends it."""
        self._events.put(("on_pass_start", (title,)))

    def on_batch(self, done: int, total: int) -> None:
        """Sends it."""
        self._events.put(("on_batch", (done, total)))

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Sends it."""
        self._events.put(("on_epoch_end", (record,)))

    def on_stage_end(self, record: StageRecord) -> None:
        """Sends it."""
        self._events.put(("on_stage_end", (record,)))


class EventListener:
    """Tells observers what comes through a queue, on a thread, from entering to leaving a `with` block.

    What an observer raises is raised when the block is left. Until then events are taken from the queue all the same:
    if it were full, the other process would wait for ever.
    """

    def __init__(self, events: "SimpleQueue[tuple[str, tuple[Any, ...]] | None]", observers: TrainingObserver) -> None:
        self._events = events
        self._observers = observers
        self._error: BaseException | None = None
        self._thread = Thread(target=self._listen, name="medimage-training-events", daemon=True)

    def __enter__(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Listens to what has come so far, and ends."""
        self._events.put(None)
        self._thread.join()
        if self._error is not None and kind is None:
            raise self._error

    def _listen(self) -> None:
        while (event := self._events.get()) is not None:
            if self._error is None:
                self._tell(*event)

    def _tell(self, name: str, values: tuple[Any, ...]) -> None:
        try:
            getattr(self._observers, name)(*values)
        except BaseException as error:  # It is the caller's.
            self._error = error
