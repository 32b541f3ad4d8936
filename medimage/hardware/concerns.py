"""What about the machine's state is worth a warning."""

from medimage.hardware.snapshot import GpuLoad, HardwareSnapshot

HOT_CELSIUS = 80.0
"""Above this, GPUs begin to run slower to protect themselves."""

FULL_PERCENT = 95.0
"""Above this, the next allocation may fail."""

IDLE_PERCENT = 20.0
"""Utilisation below this is low."""

HELD_PERCENT = 50.0
"""Memory above this is much for a GPU that computes little."""


def concerns(snapshot: HardwareSnapshot) -> tuple[str, ...]:
    """Returns a sentence for each thing that a person should look at; limits themselves are no concern yet."""
    found = []
    if _above(snapshot.cpu_temperature_celsius, HOT_CELSIUS):
        found.append(_hot("the processor", snapshot.cpu_temperature_celsius))
    if snapshot.memory_percent > FULL_PERCENT:
        found.append(f"memory is {snapshot.memory_percent:.0f} % full (above {FULL_PERCENT:.0f} %)")
    for gpu in snapshot.gpus:
        found.extend(concerns_about_gpu(gpu))
    return tuple(found)


def concerns_about_gpu(gpu: GpuLoad) -> list[str]:
    """Returns the same for one GPU alone."""
    name, found = f"GPU {gpu.index}", []
    if _above(gpu.temperature_celsius, HOT_CELSIUS):
        found.append(_hot(name, gpu.temperature_celsius))
    if _above(gpu.memory_percent, FULL_PERCENT):
        found.append(f"the memory of {name} is {gpu.memory_percent:.0f} % full (above {FULL_PERCENT:.0f} %)")
    idle = gpu.utilization_percent is not None and gpu.utilization_percent < IDLE_PERCENT
    if idle and _above(gpu.memory_percent, HELD_PERCENT):
        found.append(
            f"{name} computes {gpu.utilization_percent:.0f} % of the time while {gpu.memory_percent:.0f} % of its "
            "memory is taken: something holds it, or images come too slowly"
        )
    return found


def _above(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


def _hot(name: str, temperature: float | None) -> str:
    return f"{name} is at {temperature:.0f} °C (above {HOT_CELSIUS:.0f} °C)"
