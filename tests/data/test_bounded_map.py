import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.data.bounded_map import bounded_map


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(0, 50), max_size=40),
    ahead=st.integers(1, 8),
    ahead_bytes=st.integers(1, 120),
    threads=st.integers(1, 4),
)
def test_results_come_in_order_and_no_more_bytes_are_under_way_than_allowed(
    sizes: list[int], ahead: int, ahead_bytes: int, threads: int
) -> None:
    lock = threading.Lock()
    under_way: list[int] = []
    most = [0, 0]

    def items() -> Iterator[tuple[int, int]]:
        yield from enumerate(sizes)

    def work(item: tuple[int, int]) -> int:
        number, size = item
        with lock:
            under_way.append(size)
            most[0] = max(most[0], len(under_way))
            # An item that is larger than the limit may be under way, but only alone.
            most[1] = max(most[1], sum(under_way) if len(under_way) > 1 else 0)
        with lock:
            under_way.remove(size)
        return number

    with ThreadPoolExecutor(threads) as pool:
        results = list(
            bounded_map(pool, work, items(), ahead=ahead, size=lambda item: item[1], ahead_bytes=ahead_bytes)
        )
    assert results == list(range(len(sizes)))
    assert most[0] <= ahead
    assert most[1] <= ahead_bytes


@given(count=st.integers(0, 40), ahead=st.integers(1, 8), threads=st.integers(1, 4))
def test_items_are_read_only_as_far_ahead_of_the_results_as_allowed(count: int, ahead: int, threads: int) -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(count):
            read.append(number)
            yield number

    with ThreadPoolExecutor(threads) as pool:
        results = bounded_map(pool, lambda item: item, items(), ahead=ahead, size=lambda _: 1)
        for done, _ in enumerate(results, start=1):
            # One is in hand, as the next result makes room for it.
            assert len(read) == min(count, done + ahead)
    assert len(read) == count


def test_large_items_are_read_only_as_earlier_ones_are_done() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    with ThreadPoolExecutor(4) as pool:
        results = bounded_map(pool, lambda item: item, items(), ahead=64, size=lambda _: 40, ahead_bytes=100)
        next(results)
        assert len(read) == 3
        assert list(results) == list(range(1, 100))
