"""The threads that work on images, beside the one that reads and writes requests."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from medimage.serving.cores import available_cores
from medimage.serving.request_context import RequestContext

Found = TypeVar("Found")


def answered_at_a_time() -> int:
    """Returns how many requests are worked on at a time."""
    # Predicting releases the interpreter lock, so each core can serve a request.
    return max(2, available_cores())


class AnsweringThreads:
    """Works on what was taken on; what is turned away does not come here, and so does not wait for it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(answered_at_a_time(), thread_name_prefix="answering")

    async def run(self, work: Callable[[], Found], *, request: RequestContext) -> Found:
        """Does the work of a request, and notes how long it took for each of its images.

        Args:
            work: What is to be done.
            request: The request, which was taken on.
        """

        def timed() -> tuple[Found, float]:
            begun = time.perf_counter()
            return work(), time.perf_counter() - begun

        images = request.images
        found, seconds = await asyncio.get_running_loop().run_in_executor(self._pool, timed)
        request.admission.note_speed(images=images, seconds=seconds)
        return found

    def close(self) -> None:
        """Waits for what is being worked on, and ends the threads."""
        self._pool.shutdown()
