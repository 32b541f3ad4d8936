"""The least that answers on an image: decode, resize, run the graph. No checks, no HTTP, no log."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import onnxruntime
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

Predict = Callable[[bytes], NDArray[np.float32]]

_START_SECONDS = 0.5


def open_bare(onnx: bytes, *, threads: int, spinning: bool = True) -> Predict:
    """Returns a function from a gray JPEG to probabilities.

    Args:
        onnx: A graph of one channel.
        threads: Threads that onnxruntime works with.
        spinning: Whether they spin while they wait, which is onnxruntime's default.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spinning else "0")
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(onnx, sess_options=options, providers=["CPUExecutionProvider"])
    size = int(session.get_inputs()[0].shape[1])
    return partial(_predict, session, size)


def _predict(session: onnxruntime.InferenceSession, size: int, encoded: bytes) -> NDArray[np.float32]:
    pixels = simplejpeg.decode_jpeg(encoded, "GRAY")[:, :, 0]
    resized = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR))
    return np.asarray(session.run(["probabilities"], {"image": resized[np.newaxis, :, :, np.newaxis]})[0])


class BareProcesses:
    """Processes that do nothing but predict, each with one thread: the most that the machine gives.

    Args:
        onnx: The graph.
        images: Encoded images.
        count: How many processes.
    """

    def __init__(self, onnx: bytes, images: Sequence[bytes], *, count: int) -> None:
        self._count = count
        self._pool = ProcessPoolExecutor(
            count, mp_context=get_context("spawn"), initializer=_open, initargs=(onnx, tuple(images))
        )
        self.rate(0.2)

    def rate(self, seconds: float) -> float:
        """Returns how many images in a second all processes together answer on."""
        start = time.monotonic() + _START_SECONDS
        return sum(self._pool.map(_rate, [start] * self._count, [seconds] * self._count))

    def close(self) -> None:
        """Ends the processes."""
        self._pool.shutdown()


_opened: tuple[Predict, tuple[bytes, ...]] | None = None


def _open(onnx: bytes, images: tuple[bytes, ...]) -> None:
    global _opened  # noqa: PLW0603 - a worker process can be handed nothing else to keep
    _opened = open_bare(onnx, threads=1), images


def _rate(start: float, seconds: float) -> float:
    assert _opened is not None
    predict, images = _opened
    # All begin at one time, so that each has the others beside it from its first image to its last.
    time.sleep(max(0.0, start - time.monotonic()))
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        predict(images[count % len(images)])
        count += 1
    return count / (time.perf_counter() - begun)
