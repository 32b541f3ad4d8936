"""What the machine is doing at one moment."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ProcessLoad:
    """One process.

    Attributes:
        pid: Its number.
        name: Its program; never its arguments, which may name patients.
        cpu_percent: Share of one core, above 100 with several threads; `None` where it is not known.
        memory_bytes: Resident memory, or, in the list of a GPU, memory on it; `None` where it is not told.
    """

    pid: int
    name: str
    cpu_percent: float | None
    memory_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class GpuLoad:
    """One NVIDIA GPU. What it or its driver does not tell is `None`.

    Attributes:
        index: NVML's number of it.
        name: Product.
        utilization_percent: Share of the last moment in which it computed.
        memory_used_bytes: Memory in use by all processes.
        memory_total_bytes: Memory in total.
        temperature_celsius: Temperature of the chip.
        power_watts: Power drawn.
        power_limit_watts: Power it may draw.
        processes: What computes on it.
    """

    index: int
    name: str
    utilization_percent: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    temperature_celsius: float | None
    power_watts: float | None
    power_limit_watts: float | None
    processes: tuple[ProcessLoad, ...] = ()

    @property
    def memory_percent(self) -> float | None:
        """Share of the memory that is in use."""
        if self.memory_used_bytes is None or not self.memory_total_bytes:
            return None
        return 100 * self.memory_used_bytes / self.memory_total_bytes


@dataclass(frozen=True, kw_only=True)
class HardwareSnapshot:
    """The machine at one moment.

    Attributes:
        time: UTC, in ISO 8601.
        cpu_percent: Share of all cores that is busy.
        cpu_count: Logical cores.
        cpu_temperature_celsius: Hottest sensor of the processor; `None` where there is none.
        memory_used_bytes: Memory that is not available to a new process.
        memory_total_bytes: Memory in total.
        gpus: NVIDIA GPUs.
        gpu_problem: Why there are none; `None` where there are.
        processes: Processes that take most of the processor; empty where they were not asked for.
    """

    time: str
    cpu_percent: float
    cpu_count: int
    cpu_temperature_celsius: float | None
    memory_used_bytes: int
    memory_total_bytes: int
    gpus: tuple[GpuLoad, ...]
    gpu_problem: str | None
    processes: tuple[ProcessLoad, ...] = ()

    @property
    def memory_percent(self) -> float:
        """Share of the memory that is in use."""
        return 100 * self.memory_used_bytes / self.memory_total_bytes

    def to_dict(self) -> dict[str, Any]:
        """Returns the snapshot as JSON-ready values."""
        return asdict(self)

    def figures(self) -> dict[str, float]:
        """Returns load, memory, temperature and power by name; what is not known is left out."""
        values: dict[str, float | None] = {
            "cpu_percent": self.cpu_percent,
            "cpu_temperature_celsius": self.cpu_temperature_celsius,
            "memory_percent": self.memory_percent,
        }
        for gpu in self.gpus:
            values |= {
                f"gpu{gpu.index}_utilization_percent": gpu.utilization_percent,
                f"gpu{gpu.index}_memory_percent": gpu.memory_percent,
                f"gpu{gpu.index}_temperature_celsius": gpu.temperature_celsius,
                f"gpu{gpu.index}_power_watts": gpu.power_watts,
            }
        return {name: value for name, value in values.items() if value is not None}
