"""A snapshot of the machine, for a terminal and for a pipe."""

from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from medimage.hardware.concerns import concerns
from medimage.hardware.snapshot import GpuLoad, HardwareSnapshot, ProcessLoad
from medimage.printable import printable

UNKNOWN = "unknown"
"""What stands for a figure that the machine does not tell."""


def plain_lines(snapshot: HardwareSnapshot) -> Iterator[str]:
    """Yields a snapshot as lines of `name: figures`, concerns last, each with the word `warning`."""
    yield f"time: {snapshot.time}"
    yield f"processor: {_processor(snapshot)}"
    yield f"memory: {_memory(snapshot.memory_used_bytes, snapshot.memory_total_bytes)}"
    for gpu in snapshot.gpus:
        yield f"GPU {gpu.index} ({printable(gpu.name)}): {', '.join(_gpu_figures(gpu).values())}"
        for process in gpu.processes:
            yield f"GPU {gpu.index} process {process.pid} {printable(process.name)}: {_gib(process.memory_bytes)}"
    if snapshot.gpu_problem is not None:
        yield f"GPU: {snapshot.gpu_problem}"
    for process in snapshot.processes:
        yield f"process {process.pid} {printable(process.name)}: {_percent(process.cpu_percent)} of a core, " + _gib(
            process.memory_bytes
        )
    for concern in concerns(snapshot):
        yield f"warning: {concern}"


def tables(snapshot: HardwareSnapshot) -> RenderableType:
    """Returns a snapshot as tables for a terminal."""
    parts: list[RenderableType] = [
        Text(f"{snapshot.time}   processor {_processor(snapshot)}"),
        Text(f"memory {_memory(snapshot.memory_used_bytes, snapshot.memory_total_bytes)}"),
    ]
    if snapshot.gpus:
        table = Table("GPU", "Name", *(title.capitalize() for title in _GPU_FIGURES))
        for gpu in snapshot.gpus:
            table.add_row(str(gpu.index), printable(gpu.name), *_gpu_figures(gpu).values())
        parts.append(table)
    if snapshot.gpu_problem is not None:
        parts.append(Text(f"GPU: {snapshot.gpu_problem}", style="dim"))
    on_gpus = [(f"GPU {gpu.index}", process) for gpu in snapshot.gpus for process in gpu.processes]
    processes = on_gpus + [("processor", process) for process in snapshot.processes]
    if processes:
        table = Table("Where", "Process", "Name", "Processor", "Memory")
        for where, process in processes:
            table.add_row(where, *_process_cells(process))
        parts.append(table)
    parts += [Text(f"warning: {concern}", style="bold yellow") for concern in concerns(snapshot)]
    return Group(*parts)


def _process_cells(process: ProcessLoad) -> tuple[str, str, str, str]:
    return str(process.pid), printable(process.name), _percent(process.cpu_percent), _gib(process.memory_bytes)


def _processor(snapshot: HardwareSnapshot) -> str:
    told = f"{_percent(snapshot.cpu_percent)} of {snapshot.cpu_count} cores"
    if snapshot.cpu_temperature_celsius is not None:
        told += f", {snapshot.cpu_temperature_celsius:.0f} °C"
    return told


_GPU_FIGURES: dict[str, Callable[[GpuLoad], str]] = {
    "utilisation": lambda gpu: _percent(gpu.utilization_percent),
    "memory": lambda gpu: _memory(gpu.memory_used_bytes, gpu.memory_total_bytes),
    "temperature": lambda gpu: UNKNOWN if gpu.temperature_celsius is None else f"{gpu.temperature_celsius:.0f} °C",
    "power": lambda gpu: f"{_watts(gpu.power_watts)} of {_watts(gpu.power_limit_watts)}",
}


def _gpu_figures(gpu: GpuLoad) -> dict[str, str]:
    return {title: figure(gpu) for title, figure in _GPU_FIGURES.items()}


def _memory(used: int | None, total: int | None) -> str:
    if used is None or not total:
        return UNKNOWN
    return f"{used / 2**30:.1f} of {total / 2**30:.1f} GiB ({100 * used / total:.0f} %)"


def _gib(size: int | None) -> str:
    return UNKNOWN if size is None else f"{size / 2**30:.2f} GiB"


def _percent(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f} %"


def _watts(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f} W"
