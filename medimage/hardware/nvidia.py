"""NVIDIA GPUs, asked through NVML; none where the driver is absent."""

from collections.abc import Callable
from typing import Any

import psutil
import pynvml

from medimage.hardware.snapshot import GpuLoad, ProcessLoad


class NvidiaGpus:
    """The NVIDIA GPUs of this machine. Opening it costs milliseconds with a driver, and nothing without.

    Attributes:
        problem: Why there is none to ask; `None` where there is one.
    """

    def __init__(self) -> None:
        self.problem: str | None = None
        self._handles: list[Any] = []
        try:
            pynvml.nvmlInit()
            self._handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        except pynvml.NVMLError as error:
            self.problem = f"no NVIDIA GPU can be asked ({error})"
        if self.problem is None and not self._handles:
            self.problem = "the NVIDIA driver finds no GPU"

    def read(self, *, processes: bool) -> tuple[GpuLoad, ...]:
        """Asks every GPU.

        Args:
            processes: Whether to ask for the processes that compute on it too.
        """
        return tuple(_load(index, handle, processes=processes) for index, handle in enumerate(self._handles))


def _load(index: int, handle: Any, *, processes: bool) -> GpuLoad:
    utilization = _told(pynvml.nvmlDeviceGetUtilizationRates, handle)
    memory = _told(pynvml.nvmlDeviceGetMemoryInfo, handle)
    power = _told(pynvml.nvmlDeviceGetPowerUsage, handle)
    limit = _told(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle)
    temperature = _told(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
    name = _told(pynvml.nvmlDeviceGetName, handle)
    running = _told(pynvml.nvmlDeviceGetComputeRunningProcesses, handle) if processes else None
    return GpuLoad(
        index=index,
        name=name or "unknown",
        utilization_percent=None if utilization is None else float(utilization.gpu),
        memory_used_bytes=None if memory is None else int(memory.used),
        memory_total_bytes=None if memory is None else int(memory.total),
        temperature_celsius=None if temperature is None else float(temperature),
        # NVML counts in milliwatts.
        power_watts=None if power is None else power / 1000,
        power_limit_watts=None if limit is None else limit / 1000,
        processes=tuple(_process(process) for process in running or ()),
    )


def _told(ask: Callable[..., Any], *arguments: Any) -> Any:
    """Returns what NVML tells, or `None`: not every GPU and driver tells everything, and a GPU may be lost."""
    try:
        return ask(*arguments)
    except pynvml.NVMLError:
        return None


def _process(running: Any) -> ProcessLoad:
    try:
        name = psutil.Process(running.pid).name()
    except psutil.Error:
        # It has ended, or runs in another container.
        name = "unknown"
    return ProcessLoad(pid=running.pid, name=name, cpu_percent=None, memory_bytes=running.usedGpuMemory)
