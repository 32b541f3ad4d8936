import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.data.pixel_rows import PixelRows
from medimage.training.inputs.batches import Batches, batch_bounds
from medimage.training.inputs.resident import hold_on_device
from tests.support.training import bright_quarters

CPU = torch.device("cpu")


@settings(deadline=None)
@given(st.integers(2, 500), st.integers(2, 64))
def test_batches_hold_every_image_once_and_never_a_single_one(images: int, batch_size: int) -> None:
    bounds = batch_bounds(images, batch_size=batch_size)
    assert [row for start, stop in bounds for row in range(start, stop)] == list(range(images))
    assert all(2 <= stop - start <= batch_size + 1 for start, stop in bounds)


def test_a_single_image_left_over_joins_the_batch_before_it() -> None:
    assert batch_bounds(9, batch_size=4) == [(0, 4), (4, 9)]
    assert batch_bounds(10, batch_size=4) == [(0, 4), (4, 8), (8, 10)]
    assert batch_bounds(1, batch_size=4) == [(0, 1)]


def test_inputs_stay_with_their_labels() -> None:
    batches = Batches.of_pixels(bright_quarters(50, seed=0), batch_size=7, device=CPU)
    for pixels, labels in batches.of_rows(np.random.default_rng(3).permutation(50)):
        left, right = pixels[:, :16, :16].float().mean((1, 2, 3)), pixels[:, :16, 16:].float().mean((1, 2, 3))
        assert torch.equal(right > left, labels.bool())


@pytest.mark.parametrize("where", ["memory", "file", "rows of a file", "rows in memory", "device"])
@pytest.mark.parametrize("channels", [1, 3])
def test_batches_are_the_same_wherever_the_images_are(where: str, channels: int, tmp_path: Path) -> None:
    data = bright_quarters(53, seed=0, channels=channels)
    # Some rows several times, others never, as balanced sampling draws them.
    rows = np.random.default_rng(1).integers(0, 53, 61)
    # In a larger file the images lie in another order.
    places = np.random.default_rng(2).permutation(80)[:53]
    larger = np.zeros((80, *data.pixels.shape[1:]), dtype=np.uint8)
    larger[places] = data.pixels
    np.save(tmp_path / "pixels.npy", data.pixels)
    np.save(tmp_path / "larger.npy", larger)
    inputs = {
        "memory": data.pixels,
        "file": np.load(tmp_path / "pixels.npy", mmap_mode="r"),
        "rows of a file": PixelRows(np.load(tmp_path / "larger.npy", mmap_mode="r"), places),
        "rows in memory": PixelRows(larger, places),
        "device": hold_on_device(data.pixels, device=CPU, free_bytes=10**9),
    }[where]
    gathered = list(Batches(inputs=inputs, labels=data.labels, batch_size=4, device=CPU).of_rows(rows))  # type: ignore[arg-type]
    bounds = batch_bounds(61, batch_size=4)
    assert len(gathered) == len(bounds)
    for (start, stop), (pixels, labels) in zip(bounds, gathered, strict=True):
        assert torch.equal(pixels, torch.from_numpy(data.pixels[rows[start:stop]]))
        assert torch.equal(labels, torch.from_numpy(data.labels[rows[start:stop]]))


def test_features_in_a_file_are_gathered_like_those_in_memory(tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(30, 7)).astype(np.float32)
    np.save(tmp_path / "features.npy", features)
    rows = np.random.default_rng(1).permutation(30)
    of_file, of_memory = (
        Batches.of_inputs(inputs, np.arange(30), batch_size=8, device=CPU).of_rows(rows)
        for inputs in (np.load(tmp_path / "features.npy", mmap_mode="r"), features)
    )
    for first, second in zip(of_file, of_memory, strict=True):
        assert torch.equal(first[0], second[0])
        assert torch.equal(first[1], second[1])


def test_thread_that_reads_ahead_ends_with_its_batches(tmp_path: Path) -> None:
    data = bright_quarters(60, seed=0)
    np.save(tmp_path / "pixels.npy", data.pixels)
    batches = Batches(
        inputs=np.load(tmp_path / "pixels.npy", mmap_mode="r"), labels=data.labels, batch_size=2, device=CPU
    )

    def reading() -> bool:
        return any(thread.name == "medimage-prefetch" for thread in threading.enumerate())

    first = batches.in_order()
    next(first)
    first.close()
    assert not reading()
    assert len(list(batches.in_order())) == 30
    assert not reading()


def test_memory_mapped_pixels_are_gathered_and_left_as_they_are(tmp_path: Path) -> None:
    data = bright_quarters(9, seed=0)
    np.save(tmp_path / "pixels.npy", data.pixels)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    batches = Batches(inputs=mapped, labels=data.labels, batch_size=4, device=CPU)
    gathered = torch.cat([pixels for pixels, _ in batches.in_order()])
    gathered += 1
    assert np.array_equal(mapped, data.pixels)
    assert len(batches) == 2
