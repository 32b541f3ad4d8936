"""Watching the machine while something runs, at next to no cost."""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from medimage.hardware.reader import HardwareReader
from medimage.hardware.snapshot import HardwareSnapshot

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
"""Time between two samples, at least."""

LARGEST_SHARE = 0.01
"""Share of one core that sampling may take. Where a sample costs more, as with many GPUs, there are fewer of them."""


class HardwareSampler:
    """Samples load, memory, temperature and power in a thread of its own, while the block lasts.

    Args:
        read: Gives a sample; that of this machine when not given.
        interval: Time between two samples, at least, in seconds.
    """

    def __init__(
        self, read: Callable[[], HardwareSnapshot] | None = None, *, interval: float = INTERVAL_SECONDS
    ) -> None:
        self._read = read or HardwareReader().read
        self._interval = interval
        self._lock = threading.Lock()
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._peaks: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hardware sampler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        # A sample takes milliseconds; a driver that hangs must not keep training from ending.
        self._thread.join(timeout=5)

    def take(self) -> dict[str, float]:
        """Returns mean and peak of everything sampled since the last call, by name; empty where nothing was."""
        with self._lock:
            means = {f"{name}_mean": total / self._counts[name] for name, total in self._sums.items()}
            peaks = {f"{name}_peak": peak for name, peak in self._peaks.items()}
            self._sums, self._counts, self._peaks = {}, {}, {}
        return dict(sorted({**means, **peaks}.items()))

    def sample(self) -> None:
        """Takes one sample."""
        figures = self._read().figures()
        with self._lock:
            for name, value in figures.items():
                self._sums[name] = self._sums.get(name, 0.0) + value
                self._counts[name] = self._counts.get(name, 0) + 1
                self._peaks[name] = max(self._peaks.get(name, value), value)

    def _run(self) -> None:
        pause = self._interval
        while not self._ended.wait(pause):
            started = time.thread_time()
            try:
                self.sample()
            except Exception as error:  # Figures about the machine are never worth a training run.
                reason = f"{type(error).__name__}: {error}"
                logger.warning("The load of the machine cannot be measured any more (%s).", reason)
                return
            pause = max(self._interval, (time.thread_time() - started) / LARGEST_SHARE)
