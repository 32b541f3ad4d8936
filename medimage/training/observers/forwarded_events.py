"""What one process tells observers in another one."""

from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from medimage.models.history import EpochRecord, StageRecord
from medimage.training.observers.observer import StageStart, TrainingObserver


class ForwardingObserver(TrainingObserver):
    """Sends what it is told to another process. The model and the end are not sent: that process has them itself.

    Args:
        sender: The end of the pipe that is written to. No other process writes to it, so nobody holds a lock that would
            stay locked if this process were killed.
    """

    def __init__(self, sender: Connection) -> None:
        self._sender = sender

    def on_stage_start(self, start: StageStart) -> None:
        """Sends it."""
        self._sender.send(("on_stage_start", (start,)))

    def on_pass_start(self, title: str) -> None:
        """Sends it."""
        self._sender.send(("on_pass_start", (title,)))

    def on_batch(self, done: int, total: int) -> None:
        """Sends it."""
        self._sender.send(("on_batch", (done, total)))

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Sends it."""
        self._sender.send(("on_epoch_end", (record,)))

    def on_stage_end(self, record: StageRecord) -> None:
        """Sends it."""
        self._sender.send(("on_stage_end", (record,)))


class EventListener:
    """Tells observers what comes through a pipe, on a thread, from entering to leaving a `with` block.

    When the block is left, the processes that write must have ended. What an observer raises is raised then. Until then
    events are taken from the pipe all the same: if it were full, the other process would wait for ever.

    Args:
        receiver: The end of the pipe that is read from.
        sender: The other end, which is closed here when the block is left.
        observers: Who is told.
    """

    def __init__(self, receiver: Connection, sender: Connection, observers: TrainingObserver) -> None:
        self._receiver = receiver
        self._sender = sender
        self._observers = observers
        self._error: BaseException | None = None
        self._thread = Thread(target=self._listen, name="medimage-training-events", daemon=True)

    def __enter__(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Listens to what has come so far, and ends."""
        self._sender.close()
        self._thread.join()
        self._receiver.close()
        if self._error is not None and kind is None:
            raise self._error

    def _listen(self) -> None:
        while True:
            try:
                name, values = self._receiver.recv()
            except (EOFError, OSError):
                # Nobody writes any more; the last one may have been killed in the middle of a message.
                return
            if self._error is None:
                self._tell(name, values)

    def _tell(self, name: str, values: tuple[Any, ...]) -> None:
        try:
            getattr(self._observers, name)(*values)
        except BaseException as error:  # It is the caller's.
            self._error = error
