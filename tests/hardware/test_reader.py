import time

import psutil

from medimage.hardware.reader import PROCESSES_SHOWN, HardwareReader
from tests.hardware.test_concerns import gpu, machine


def test_a_reading_is_that_of_the_system() -> None:
    reader = HardwareReader()
    time.sleep(0.2)
    snapshot = reader.read(processes=True)
    assert 0 <= snapshot.cpu_percent <= 100
    assert snapshot.cpu_count == psutil.cpu_count()
    assert snapshot.memory_total_bytes == psutil.virtual_memory().total
    assert 0 < snapshot.memory_percent < 100
    assert 1 <= len(snapshot.processes) <= PROCESSES_SHOWN
    loads = [process.cpu_percent or 0.0 for process in snapshot.processes]
    assert loads == sorted(loads, reverse=True)
    assert (snapshot.gpu_problem is None) == bool(snapshot.gpus)


def test_processes_are_looked_at_where_they_are_asked_for() -> None:
    assert HardwareReader().read().processes == ()


def test_figures_have_names_and_leave_out_what_is_not_known() -> None:
    figures = machine(gpu(), gpu(index=1, power_watts=None), cpu_temperature_celsius=None).figures()
    assert figures == {
        "cpu_percent": 50.0,
        "memory_percent": 10.0,
        "gpu0_utilization_percent": 90.0,
        "gpu0_memory_percent": 4.0,
        "gpu0_temperature_celsius": 60.0,
        "gpu0_power_watts": 200.0,
        "gpu1_utilization_percent": 90.0,
        "gpu1_memory_percent": 4.0,
        "gpu1_temperature_celsius": 60.0,
    }
