import threading
import time

import psutil
import pytest

from medimage.hardware.sampler import HardwareSampler
from medimage.hardware.snapshot import HardwareSnapshot
from tests.hardware.test_concerns import gpu, machine


class Readings:
    """Gives prepared snapshots, then the last one again."""

    def __init__(self, *snapshots: HardwareSnapshot) -> None:
        self._snapshots = list(snapshots)
        self.read_count = 0

    def __call__(self) -> HardwareSnapshot:
        self.read_count += 1
        return self._snapshots.pop(0) if len(self._snapshots) > 1 else self._snapshots[0]


class CostlyReadings(Readings):
    """Gives snapshots that take 20 ms of the processor each."""

    def __call__(self) -> HardwareSnapshot:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        return super().__call__()


class FailingReadings(Readings):
    def __call__(self) -> HardwareSnapshot:
        super().__call__()
        raise OSError("the driver is gone")


def test_mean_and_peak_are_those_of_the_samples_since_the_last_call() -> None:
    sampler = HardwareSampler(Readings(machine(gpu(), cpu_percent=20.0), machine(cpu_percent=40.0)))
    sampler.sample()
    sampler.sample()
    figures = sampler.take()
    assert (figures["cpu_percent_mean"], figures["cpu_percent_peak"]) == (30.0, 40.0)
    # Of a GPU that fell silent, what it said before.
    assert (figures["gpu0_power_watts_mean"], figures["gpu0_power_watts_peak"]) == (200.0, 200.0)
    assert list(figures) == sorted(figures)
    assert sampler.take() == {}
    sampler.sample()
    assert sampler.take()["cpu_percent_mean"] == 40.0


def test_sampling_this_machine_takes_less_than_a_hundredth_of_a_core() -> None:
    with HardwareSampler(interval=0.05) as sampler:
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "hardware sampler"]
        time.sleep(2)
        assert sampler.take()["memory_percent_mean"] > 0
        (times,) = [times for times in psutil.Process().threads() if times.id == thread.native_id]
    # The system counts in hundredths of a second.
    assert times.user_time + times.system_time <= 0.01 * 2 + 0.01


def test_costly_samples_are_taken_less_often() -> None:
    readings = CostlyReadings(machine())
    with HardwareSampler(readings, interval=0.01):
        time.sleep(1)
    # 20 ms at one hundredth of the time: every two seconds.
    assert readings.read_count == 1


def test_nothing_is_left_running() -> None:
    with HardwareSampler(interval=60):
        assert [thread for thread in threading.enumerate() if thread.name == "hardware sampler"]
    assert not [thread for thread in threading.enumerate() if thread.name == "hardware sampler"]


def test_a_driver_that_fails_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    readings = FailingReadings(machine())
    with HardwareSampler(readings, interval=0.01) as sampler:
        time.sleep(0.2)
        assert sampler.take() == {}
    assert readings.read_count == 1
    assert [record.getMessage() for record in caplog.records] == [
        "The load of the machine cannot be measured any more (OSError: the driver is gone)."
    ]
