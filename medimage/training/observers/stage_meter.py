"""What the epochs of a stage cost: time, memory, and the load of the machine."""

import ctypes
import gc
import statistics
from types import TracebackType
from typing import Any, Self

import psutil
import torch

from medimage.hardware.sampler import HardwareSampler

_EPOCHS_FOR_ESTIMATE = 5
"""Epochs whose median time is that of those to come: the first ones are slower, and machines are shared."""


class StageMeter:
    """Measures the epochs of a stage while the block lasts.

    Args:
        epochs: Epochs of the stage at most.
        images: Images trained on in an epoch.
        device: Device that is trained on.
    """

    def __init__(self, *, epochs: int, images: int, device: torch.device) -> None:
        self._epochs = epochs
        self._images = images
        self._device = device
        self._seconds: list[float] = []
        self._process = psutil.Process()
        self._resident_before = 0
        self._sampler = HardwareSampler()

    def __enter__(self) -> Self:
        _give_back_free_memory()
        self._resident_before = self._process.memory_info().rss
        self._sampler.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sampler.__exit__(kind, error, traceback)

    def start_epoch(self) -> None:
        """Forgets the load and the largest memory of what was before."""
        self._sampler.take()
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)

    def end_epoch(self, epoch: int, *, seconds: float, training_seconds: float) -> dict[str, Any]:
        """Returns those figures of an epoch's record that tell its cost, by field.

        Args:
            epoch: Epoch within the stage, from 1.
            seconds: Wall time of the epoch.
            training_seconds: Wall time of the pass over the training images.
        """
        self._seconds = [*self._seconds, seconds][-_EPOCHS_FOR_ESTIMATE:]
        cuda = self._device.type == "cuda"
        resident = self._process.memory_info().rss
        return {
            "images_per_second": self._images / training_seconds,
            "seconds_left": (self._epochs - epoch) * statistics.median(self._seconds),
            "process_memory_gib": resident / 2**30,
            "process_rise_gib": max(0, resident - self._resident_before) / 2**30,
            "gpu_allocated_gib": torch.cuda.max_memory_allocated(self._device) / 2**30 if cuda else None,
            "gpu_reserved_gib": torch.cuda.max_memory_reserved(self._device) / 2**30 if cuda else None,
            "hardware": self._sampler.take(),
        }


def _give_back_free_memory() -> None:
    # What earlier work in the process freed is kept by glibc for the next. A stage that only fills it again would seem
    # to need nothing.
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
