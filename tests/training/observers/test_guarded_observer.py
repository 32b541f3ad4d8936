import dataclasses
import logging
import threading
import time

import pytest

from medimage.models.history import EpochRecord, StageRecord
from medimage.models.trained_model import TrainedModel
from medimage.training.observers.guarded_observer import GuardedObserver
from medimage.training.observers.observer import StageStart, TrainingObserver
from tests.support.observed_stage import EPOCH, MODEL, STAGE, START


class Recorder(TrainingObserver):
    """Keeps what it is told, and does what the test wants at the first epoch."""

    def __init__(self, at_first_epoch=lambda: None) -> None:
        self.told: list[object] = []
        self._at_first_epoch = at_first_epoch

    def on_stage_start(self, start: StageStart) -> None:
        self.told.append(start)

    def on_pass_start(self, title: str) -> None:
        self.told.append(title)

    def on_batch(self, done: int, total: int) -> None:
        self.told.append((done, total))

    def on_epoch_end(self, record: EpochRecord) -> None:
        self.told.append(record)
        if record.epoch == 1:
            self._at_first_epoch()

    def on_stage_end(self, record: StageRecord) -> None:
        self.told.append(record)

    def on_model(self, model: TrainedModel) -> None:
        self.told.append(model)

    def close(self) -> None:
        self.told.append("closed")


def epoch(number: int) -> EpochRecord:
    return dataclasses.replace(EPOCH, epoch=number)


def stage(tracker: TrainingObserver, *, seconds: float = 20.0) -> float:
    """Watches a stage of three epochs and returns how long that took."""
    started = time.perf_counter()
    observer = GuardedObserver(tracker, name="Tracker", seconds=seconds)
    observer.on_stage_start(START)
    for number in (1, 2, 3):
        observer.on_pass_start(f"epoch {number}/3")
        observer.on_batch(1, 1)
        observer.on_epoch_end(epoch(number))
    observer.on_stage_end(STAGE)
    observer.on_model(MODEL)
    observer.close()
    return time.perf_counter() - started


def test_a_tracker_is_told_everything_but_batches_in_order_with_one_call_per_epoch() -> None:
    recorder = Recorder()
    stage(recorder)
    assert recorder.told == [START, epoch(1), epoch(2), epoch(3), STAGE, MODEL, "closed"]


def test_a_tracker_that_fails_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ConnectionError("no route to the service")

    recorder = Recorder(fail)
    with caplog.at_level(logging.WARNING):
        stage(recorder)
    assert recorder.told == [START, epoch(1)]
    assert [record.getMessage() for record in caplog.records] == [
        "Tracker is not available (ConnectionError: no route to the service); the run goes on without it."
    ]


def test_a_tracker_that_hangs_is_one_warning_and_costs_the_time_of_one_call(caplog: pytest.LogCaptureFixture) -> None:
    answer = threading.Event()
    with caplog.at_level(logging.WARNING):
        assert stage(Recorder(answer.wait), seconds=0.5) < 2
    answer.set()
    assert len(caplog.records) == 1
    assert "no answer within 0.5 seconds" in caplog.text


@pytest.mark.parametrize("fails", [False, True])
def test_tracker_lets_go_of_the_process_last_whether_it_failed_or_not(fails: bool) -> None:
    class Holding(Recorder):
        def release(self) -> None:
            self.told.append("released")

    def fail() -> None:
        raise OSError("away")

    tracker = Holding(fail if fails else lambda: None)
    stage(tracker)
    assert tracker.told[-1] == "released"
    assert ("closed" in tracker.told) is not fails
