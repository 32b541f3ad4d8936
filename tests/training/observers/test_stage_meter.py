import sys
import threading
import time

import psutil
import pytest
import torch

from medimage.training.observers.stage_meter import StageMeter
from tests.support.trained_stages import run
from tests.support.training import short_recipe

CPU = torch.device("cpu")


def test_rate_time_left_and_memory_are_told() -> None:
    with StageMeter(epochs=10, images=300, device=CPU) as meter:
        meter.start_epoch()
        first = meter.end_epoch(1, seconds=9.0, training_seconds=6.0)
        second = meter.end_epoch(2, seconds=3.0, training_seconds=2.0)
        third = meter.end_epoch(3, seconds=4.0, training_seconds=2.5)
        for epoch in range(4, 10):
            last = meter.end_epoch(epoch, seconds=2.0, training_seconds=1.0)
    assert (first["images_per_second"], second["images_per_second"]) == (50.0, 150.0)
    # The median of the epochs so far, so that a slow first epoch does not count for long.
    assert [one["seconds_left"] for one in (first, second, third, last)] == [81.0, 48.0, 28.0, 2.0]
    assert first["process_memory_gib"] == pytest.approx(psutil.Process().memory_info().rss / 2**30, rel=0.5)
    assert (first["gpu_allocated_gib"], first["gpu_reserved_gib"]) == (None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be asked to give back what was freed")
def test_memory_is_that_of_the_stage_whatever_was_held_or_given_up_before_it() -> None:
    held = torch.ones(2**26)
    rises = []
    for _ in range(2):
        with StageMeter(epochs=2, images=1, device=CPU) as meter:
            meter.start_epoch()
            # Blocks of 64 KiB come from glibc's heap, which keeps them when they are freed below one that is not.
            blocks = [torch.ones(2**14) for _ in range(2**12)]
            rises.append(meter.end_epoch(1, seconds=1.0, training_seconds=1.0)["process_rise_gib"])
            del blocks[:-1]
    assert held.nbytes == 2**28
    assert rises == pytest.approx([0.25, 0.25], abs=0.05)


def test_load_of_an_epoch_is_that_since_its_start() -> None:
    with StageMeter(epochs=2, images=1, device=CPU) as meter:
        meter.start_epoch()
        time.sleep(1.3)
        measured = meter.end_epoch(1, seconds=1.3, training_seconds=1.3)["hardware"]
        assert 0 <= measured["cpu_percent_mean"] <= measured["cpu_percent_peak"] <= 100
        assert 0 < measured["memory_percent_mean"] <= 100
        meter.start_epoch()
        assert meter.end_epoch(2, seconds=0.1, training_seconds=0.1)["hardware"] == {}


def test_records_of_a_stage_tell_what_it_cost_and_nothing_is_left_running() -> None:
    epochs = run(1, short_recipe()).history.epochs
    assert all(epoch.images_per_second and epoch.images_per_second > 0 for epoch in epochs)
    assert epochs[-1].seconds_left == 0
    assert all(epoch.validation_auroc is not None and 0 <= epoch.validation_auroc <= 1 for epoch in epochs)
    assert not [thread for thread in threading.enumerate() if thread.name == "hardware sampler"]
