"""Times single images, whatever answers on them."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from medimage.evaluation.latency import Latency
from medimage.machine import processor_name
from medimage.progress import track
from medimage.wording import counted

WARM_UP_IMAGES = 5
"""Images run before timing starts: the first ones pay for memory and for the choice of kernels."""


def time_images(classify: Callable[[bytes], object], encoded: Sequence[bytes], *, threads: int) -> Latency:
    """Times single images on the CPU, from encoded bytes to the answer.

    Args:
        classify: Answers on one encoded image.
        encoded: Images as a client would send them. Each is timed once, the first ones after a warm-up.
        threads: Threads that work on one image, to be told beside the result.

    Raises:
        ValueError: If there is no image.
    """
    if not encoded:
        raise ValueError("Expected at least one image to time but got none")
    for index in range(WARM_UP_IMAGES):
        classify(encoded[index % len(encoded)])
    milliseconds: list[float] = []
    for data in track(encoded, description="Timing single images", total=len(encoded)):
        start = time.perf_counter()
        classify(data)
        milliseconds.append((time.perf_counter() - start) * 1000)
    return Latency(
        p50_ms=float(np.percentile(milliseconds, 50)),
        p95_ms=float(np.percentile(milliseconds, 95)),
        images=len(milliseconds),
        machine=f"{processor_name()}, {counted(threads, 'thread')}",
    )
