import multiprocessing

import pytest

from medimage.training.observers.forwarded_events import EventListener, ForwardingObserver
from medimage.training.observers.observer import TrainingObserver


class Recorder(TrainingObserver):
    def __init__(self, *, fails_at: int | None = None) -> None:
        self.batches: list[tuple[int, int]] = []
        self._fails_at = fails_at

    def on_batch(self, done: int, total: int) -> None:
        if done == self._fails_at:
            raise ValueError("a bug of the observer")
        self.batches.append((done, total))


def test_what_was_sent_before_the_end_is_told_in_its_order() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    recorder = Recorder()
    with EventListener(receiver, sender, recorder):
        forwarding = ForwardingObserver(sender)
        for batch in range(500):
            forwarding.on_batch(batch, 500)
    assert recorder.batches == [(batch, 500) for batch in range(500)]


def test_an_observer_that_fails_does_not_stop_the_other_process_and_is_told_in_the_end() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    recorder = Recorder(fails_at=3)

    def send() -> None:
        with EventListener(receiver, sender, recorder):
            # More than a pipe holds: whoever sends would wait for ever if nobody received any more.
            for batch in range(20_000):
                ForwardingObserver(sender).on_batch(batch, 20_000)

    with pytest.raises(ValueError, match="a bug of the observer"):
        send()
    assert len(recorder.batches) == 3


def test_a_message_cut_off_by_a_kill_ends_the_listening() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    recorder = Recorder()
    with EventListener(receiver, sender, recorder):
        ForwardingObserver(sender).on_batch(1, 2)
        # The length of a message that does not come.
        sender._send(b"\x00\x00\x01\x00")  # type: ignore[attr-defined]
    assert recorder.batches == [(1, 2)]
