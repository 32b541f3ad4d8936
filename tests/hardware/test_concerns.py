from typing import Any

import pytest

from medimage.hardware.concerns import concerns
from medimage.hardware.snapshot import GpuLoad, HardwareSnapshot

GIB = 2**30


def gpu(**changes: Any) -> GpuLoad:
    values: dict[str, Any] = {
        "index": 0,
        "name": "NVIDIA Test",
        "utilization_percent": 90.0,
        "memory_used_bytes": 4 * GIB,
        "memory_total_bytes": 100 * GIB,
        "temperature_celsius": 60.0,
        "power_watts": 200.0,
        "power_limit_watts": 300.0,
    }
    return GpuLoad(**{**values, **changes})


def machine(*gpus: GpuLoad, **changes: Any) -> HardwareSnapshot:
    values: dict[str, Any] = {
        "time": "2030-01-01T00:00:00.000+00:00",
        "cpu_percent": 50.0,
        "cpu_count": 8,
        "cpu_temperature_celsius": 50.0,
        "memory_used_bytes": 10 * GIB,
        "memory_total_bytes": 100 * GIB,
        "gpus": gpus,
        "gpu_problem": None if gpus else "no NVIDIA GPU can be asked (NVML Shared Library Not Found)",
    }
    return HardwareSnapshot(**{**values, **changes})


@pytest.mark.parametrize(
    ("snapshot", "found"),
    [
        (machine(), ()),
        (machine(gpu()), ()),
        (machine(gpu(temperature_celsius=80.0)), ()),
        (machine(gpu(temperature_celsius=81.0)), ("GPU 0 is at 81 °C (above 80 °C)",)),
        (machine(cpu_temperature_celsius=90.0), ("the processor is at 90 °C (above 80 °C)",)),
        (machine(cpu_temperature_celsius=None), ()),
        (machine(memory_used_bytes=95 * GIB), ()),
        (machine(memory_used_bytes=97 * GIB), ("memory is 97 % full (above 95 %)",)),
        (machine(gpu(memory_used_bytes=95 * GIB)), ()),
        (machine(gpu(index=3, memory_used_bytes=98 * GIB)), ("the memory of GPU 3 is 98 % full (above 95 %)",)),
        (machine(gpu(utilization_percent=5.0)), ()),
        (machine(gpu(utilization_percent=20.0, memory_used_bytes=60 * GIB)), ()),
        (machine(gpu(utilization_percent=5.0, memory_used_bytes=50 * GIB)), ()),
        (
            machine(gpu(utilization_percent=5.0, memory_used_bytes=60 * GIB)),
            (
                "GPU 0 computes 5 % of the time while 60 % of its memory is taken: something holds it, or images come "
                "too slowly",
            ),
        ),
        (
            machine(
                gpu(utilization_percent=None, memory_used_bytes=None, temperature_celsius=None),
                gpu(memory_total_bytes=0),
            ),
            (),
        ),
        (
            machine(gpu(temperature_celsius=85.0), gpu(index=1, temperature_celsius=86.0), memory_used_bytes=99 * GIB),
            (
                "memory is 99 % full (above 95 %)",
                "GPU 0 is at 85 °C (above 80 °C)",
                "GPU 1 is at 86 °C (above 80 °C)",
            ),
        ),
    ],
)
def test_concerns(snapshot: HardwareSnapshot, found: tuple[str, ...]) -> None:
    assert concerns(snapshot) == found
