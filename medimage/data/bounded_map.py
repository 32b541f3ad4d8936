"""A parallel map that never holds more than a few inputs and results at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Input = TypeVar("Input")
Output = TypeVar("Output")


def bounded_map(
    pool: Executor, function: Callable[[Input], Output], items: Iterable[Input], *, ahead: int = 64
) -> Iterator[Output]:
    """Yields `function(item)` in the order of `items`, with at most `ahead` of them under way.

    `Executor.map` reads all inputs at once: with images that would be the whole data set in memory.

    Args:
        pool: Where the work is done.
        function: The work.
        items: What it is done to; read only as far as needed.
        ahead: Items under way at most.
    """
    waiting: deque[Future[Output]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
