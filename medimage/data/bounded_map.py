"""A parallel map that never holds more than a few inputs and results at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Input = TypeVar("Input")
Output = TypeVar("Output")


AHEAD_BYTES = 256 * 2**20
"""Input that may be under way: far more than what keeps many cores busy with small images, and what a machine can spare
where images are large."""


def bounded_map(
    pool: Executor,
    function: Callable[[Input], Output],
    items: Iterable[Input],
    *,
    ahead: int,
    size: Callable[[Input], int],
    ahead_bytes: int = AHEAD_BYTES,
) -> Iterator[Output]:
    """Yields `function(item)` in the order of `items`, with at most so many items and bytes of them under way.

    `Executor.map` reads all inputs at once: with images that would be the whole data set in memory.

    Args:
        pool: Where the work is done.
        function: The work.
        items: What it is done to; read only as far as needed.
        ahead: Items under way at most.
        size: Bytes that an item takes.
        ahead_bytes: Bytes of items under way at most; a larger item is under way alone.
    """
    waiting: deque[tuple[Future[Output], int]] = deque()
    taken = 0
    for item in items:
        needed = size(item)
        while waiting and (len(waiting) >= ahead or taken + needed > ahead_bytes):
            done, given_back = waiting.popleft()
            yield done.result()
            taken -= given_back
        waiting.append((pool.submit(function, item), needed))
        taken += needed
    while waiting:
        yield waiting.popleft()[0].result()
