"""The threads that work on images, beside the one that reads and writes requests."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from medimage.serving.cores import available_cores
from medimage.serving.request_context import RequestContext
from medimage.serving.settings import ServiceSettings

Found = TypeVar("Found")


def answered_at_a_time(settings: ServiceSettings) -> int:
    """Returns how many requests are worked on at a time, unless it is set: one more than there are cores.

    Predicting releases the interpreter lock, so that each core can work on an image; one more is decoded, decided or
    logged meanwhile. `benchmarks/served_setups.py` compares others.
    """
    return settings.images_at_a_time or available_cores() + 1


class AnsweringThreads:
    """Works on what was taken on; what is turned away does not come here, and so does not wait for it.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="answering")

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
