import threading
import time
from collections.abc import Iterator

import pytest

from medimage.training.inputs.prefetch import prefetch


def working_threads() -> int:
    return sum(thread.name == "medimage-prefetch" for thread in threading.enumerate())


def test_items_come_in_their_order() -> None:
    assert list(prefetch(lambda: range(100))) == list(range(100))
    assert list(prefetch(lambda: [])) == []
    assert working_threads() == 0


def test_items_are_made_on_another_thread_ahead_of_time_and_not_further() -> None:
    made: list[int] = []
    makers: set[int] = set()

    def make() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            makers.add(threading.get_ident())
            yield number

    items = prefetch(make, ahead=3)
    assert made == []
    assert next(items) == 0
    deadline = time.monotonic() + 5
    while len(made) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    # One was taken, three wait, and one is ready to be put.
    assert len(made) == 5
    assert makers.isdisjoint({threading.get_ident()})
    assert list(items) == list(range(1, 20))
    assert working_threads() == 0


def test_making_runs_beside_using() -> None:
    def make() -> Iterator[int]:
        for number in range(10):
            time.sleep(0.03)
            yield number

    start = time.perf_counter()
    for _ in prefetch(make):
        time.sleep(0.03)
    # One after the other they would take 0.6 s.
    assert time.perf_counter() - start < 0.5


def test_error_reaches_the_caller_after_the_items_before_it() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    items = prefetch(make)
    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
    assert working_threads() == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_thread_ends_when_the_user_of_the_items_is_interrupted(error: type[BaseException]) -> None:
    def use() -> None:
        for item in prefetch(lambda: iter(int, 1)):
            assert item == 0
            raise error

    with pytest.raises(error):
        use()
    assert working_threads() == 0


def test_thread_ends_when_the_items_are_closed_early() -> None:
    closed: list[bool] = []

    def make() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    items = prefetch(make)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert working_threads() == 0
