import logging
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from medimage.errors import TrainingError
from medimage.training.finders import batch_size_finder
from medimage.training.finders.batch_size_finder import (
    find_batch_size,
    fits_on_accelerator,
    largest_fitting,
    largest_useful,
)
from medimage.training.finders.step_memory import SIZES, StepMemory, measure_peaks
from medimage.training.inputs.host_memory import available_memory
from tests.support.training import bright_quarters, short_recipe, specification

CPU = torch.device("cpu")
SPEC = specification(classes=2, size=64)
IMAGES = bright_quarters(700, seed=0, size=16)


@given(largest=st.integers(0, 2000), exponent=st.integers(1, 10))
def test_largest_power_of_two_that_fits_is_found_within_the_limit(largest: int, exponent: int) -> None:
    tried: list[int] = []

    def fits(size: int) -> bool:
        tried.append(size)
        return size <= largest

    found = largest_fitting(fits, limit=2**exponent)
    expected = [2**power for power in range(1, exponent + 1) if 2**power <= largest]
    assert found == (max(expected) if expected else None)
    assert len(tried) == len(set(tried)), "no size is tried twice"
    assert max(tried) <= 2**exponent


@pytest.mark.parametrize(
    ("images", "size"), [(2, 2), (19, 2), (39, 2), (40, 4), (320, 32), (639, 32), (640, 64), (10**6, 256)]
)
def test_an_epoch_keeps_ten_steps_where_there_are_images_for_them(images: int, size: int) -> None:
    assert largest_useful(images) == size


def test_memory_that_runs_out_means_that_it_does_not_fit_and_any_other_error_is_one() -> None:
    def fail(error: Exception) -> None:
        raise error

    assert fits_on_accelerator(lambda: None, device=CPU)
    assert not fits_on_accelerator(lambda: fail(torch.OutOfMemoryError("CUDA out of memory")), device=CPU)
    assert not fits_on_accelerator(lambda: fail(RuntimeError("MPS backend out of memory")), device=CPU)
    with pytest.raises(RuntimeError, match="shapes"):
        fits_on_accelerator(lambda: fail(RuntimeError("shapes do not fit")), device=CPU)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no NVIDIA GPU")
def test_a_gpu_has_its_memory_back_after_a_batch_that_did_not_fit() -> None:
    device = torch.device("cuda")
    free = torch.cuda.mem_get_info(device)[0]
    assert not fits_on_accelerator(lambda: [torch.empty(free // 4, device=device) for _ in range(2)], device=device)
    assert torch.cuda.mem_get_info(device)[0] > 0.95 * free


def test_peaks_grow_in_a_straight_line_that_larger_batches_stay_below() -> None:
    recipe = short_recipe()
    sizes = (*SIZES, 64)
    small, large, truth = measure_peaks(SPEC, config=recipe.stage2, training=recipe, precision="fp32", sizes=sizes)
    line = small + (large - small) / (SIZES[1] - SIZES[0]) * (sizes[-1] - SIZES[0])
    # Buffers of the first convolutions do not grow with the batch, so the line is on the safe side.
    assert 0.8 * truth < line < 2 * truth
    assert truth > 2 * 64 * 64 * 64 * 4 * 24, "the activations of the first two layers alone"


def test_steps_that_end_their_process_are_told_in_one_paragraph(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = short_recipe()
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(TrainingError, match=r"auto, but steps with 2 images of .*exit code 1; memory ran out.*number"):
        measure_peaks(SPEC, config=recipe.stage2, training=recipe, precision="fp32", sizes=(2,))


@pytest.mark.parametrize(
    ("free", "images_of_10", "expected", "told"),
    [
        (10**12, IMAGES, 64, "no larger one is of use for 700 images"),
        (1000, IMAGES, 32, "a larger one does not fit"),
        (200, IMAGES, 8, "a larger one does not fit"),
    ],
)
def test_batch_follows_the_free_memory_and_the_images(  # noqa: PLR0917
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, free: int, images_of_10, expected: int, told: str
) -> None:
    memory = StepMemory(fixed_bytes=20, bytes_per_image=10)
    monkeypatch.setattr(batch_size_finder, "measure_step_memory", lambda *_, **__: memory)
    monkeypatch.setattr(batch_size_finder, "available_memory", lambda: free)
    with caplog.at_level(logging.INFO):
        found = find_batch_size(SPEC, training=short_recipe(), data=images_of_10)
    assert found == expected
    assert f"auto is {expected} for test_resnet: {told}" in caplog.text


def test_no_memory_at_all_is_an_error_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = StepMemory(fixed_bytes=20, bytes_per_image=10)
    monkeypatch.setattr(batch_size_finder, "measure_step_memory", lambda *_, **__: memory)
    monkeypatch.setattr(batch_size_finder, "available_memory", lambda: 30)
    with pytest.raises(TrainingError, match=r"not even 2 images of test_resnet at 64 px fit.*smaller model"):
        find_batch_size(SPEC, training=short_recipe(), data=IMAGES)


def test_memory_of_a_container_counts_where_it_is_less(tmp_path: Path) -> None:
    machine = available_memory(tmp_path / "absent")
    assert machine > 2**20
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.stat").write_text("anon 400\ninactive_file 600\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(tmp_path) == pytest.approx(machine, rel=0.2)
    (tmp_path / "memory.max").write_text("5000\n")
    assert available_memory(tmp_path) == 5000 - 1000 + 600
    (tmp_path / "memory.max").write_text("10\n")
    assert available_memory(tmp_path) == 0
