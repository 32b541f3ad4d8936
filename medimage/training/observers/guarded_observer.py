"""Trackers that can fail, hang or be slow without training noticing."""

from medimage.models.history import EpochRecord, StageRecord
from medimage.models.trained_model import TrainedModel
from medimage.service_calls import CALL_SECONDS, ServiceCalls
from medimage.training.observers.observer import StageStart, TrainingObserver

UPLOAD_BYTES_PER_SECOND = 4 * 2**20
"""Slowest line to a tracker on which a model's weights still get there: 32 Mbit/s."""


class GuardedObserver(TrainingObserver):
    """Tells a tracker in the background what happens, in order; the one wrapper that every tracker is put into.

    A tracker that raises, or does not come back within `seconds`, is one warning and is told nothing more. Training
    waits for none of it but the end of the stage: there, for at most `seconds` and the time that weights take to send.
    Batches are not passed on: a tracker gets one call per epoch.

    Args:
        tracker: What is told.
        name: Its name, for the warning.
        seconds: Time each call gets.
    """

    def __init__(self, tracker: TrainingObserver, *, name: str, seconds: float = CALL_SECONDS) -> None:
        self._tracker = tracker
        self._calls = ServiceCalls(name, seconds=seconds)

    def on_stage_start(self, start: StageStart) -> None:
        """Passes it on."""
        self._calls.submit(lambda: self._tracker.on_stage_start(start))

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Passes it on."""
        self._calls.submit(lambda: self._tracker.on_epoch_end(record))

    def on_stage_end(self, record: StageRecord) -> None:
        """Passes it on."""
        self._calls.submit(lambda: self._tracker.on_stage_end(record))

    def on_model(self, model: TrainedModel) -> None:
        """Passes it on, with time to send the weights."""
        size = len(model.weights) + len(model.last_weights)
        self._calls.submit(lambda: self._tracker.on_model(model), extra_seconds=size / UPLOAD_BYTES_PER_SECOND)

    def close(self) -> None:
        """Closes the tracker, waits until it has been told everything, and has it let go of the process."""
        self._calls.submit(self._tracker.close)
        self._calls.finish()
        self._tracker.release()
