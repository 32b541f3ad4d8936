"""The threads that work on images, beside the one that reads and writes requests."""

import asyncio
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
        """Does the work of a request, and notes how long it took for each image that was worked out.

        Files and questions that are refused take no time to speak of: were they counted, whoever sends many of them
        would make the service seem fast, and more would wait than it answers in time.

        Args:
            work: What is to be done.
            request: The request, which was taken on.
        """
        found = await asyncio.get_running_loop().run_in_executor(self._pool, work)
        if request.worked_out:
            request.admission.note_speed(images=request.worked_out, seconds=request.worked_out_seconds)
        return found

    def close(self) -> None:
        """Waits for what is being worked on, and ends the threads."""
        self._pool.shutdown()
