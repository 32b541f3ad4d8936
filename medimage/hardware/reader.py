"""Reading what the machine is doing."""

import datetime

import psutil

from medimage.hardware.nvidia import NvidiaGpus
from medimage.hardware.snapshot import HardwareSnapshot, ProcessLoad

PROCESSES_SHOWN = 5
"""Processes in a snapshot: those that take most of the processor."""

_PROCESSOR_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
"""Linux' names of the sensors of Intel, AMD and ARM processors."""


class HardwareReader:
    """Reads the machine; each reading tells the load since the one before, the first since the reader was made."""

    def __init__(self) -> None:
        self._gpus = NvidiaGpus()
        psutil.cpu_percent()

    def read(self, *, processes: bool = False) -> HardwareSnapshot:
        """Reads everything.

        Args:
            processes: Whether to look at the processes too, which costs milliseconds.
        """
        memory = psutil.virtual_memory()
        return HardwareSnapshot(
            time=datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="milliseconds"),
            cpu_percent=psutil.cpu_percent(),
            cpu_count=psutil.cpu_count() or 1,
            cpu_temperature_celsius=_processor_temperature(),
            memory_used_bytes=memory.total - memory.available,
            memory_total_bytes=memory.total,
            gpus=self._gpus.read(processes=processes),
            gpu_problem=self._gpus.problem,
            processes=busiest_processes() if processes else (),
        )


def busiest_processes() -> tuple[ProcessLoad, ...]:
    """Returns the processes that took most of the processor since the last call, and of equal ones the largest."""
    loads = []
    for process in psutil.process_iter():
        try:
            with process.oneshot():
                load = ProcessLoad(
                    pid=process.pid,
                    name=process.name(),
                    cpu_percent=process.cpu_percent(),
                    memory_bytes=process.memory_info().rss,
                )
        except psutil.Error:
            continue  # it has ended meanwhile, or is not ours to look at
        loads.append(load)
    loads.sort(key=lambda load: (load.cpu_percent or 0.0, load.memory_bytes or 0), reverse=True)
    return tuple(loads[:PROCESSES_SHOWN])


def _processor_temperature() -> float | None:
    if not hasattr(psutil, "sensors_temperatures"):
        return None  # macOS
    sensors = psutil.sensors_temperatures()
    temperatures = [entry.current for name in _PROCESSOR_SENSORS for entry in sensors.get(name, ())]
    return max(temperatures, default=None)
