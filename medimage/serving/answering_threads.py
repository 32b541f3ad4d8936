"""The threads that work on images, beside the one that reads and writes requests."""

import asyncio
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
