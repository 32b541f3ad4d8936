from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from medimage.training.batches import Batches, batch_bounds
from tests.support.training import bright_quarters

CPU = torch.device("cpu")


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
    data = bright_quarters(50, seed=0)
    batches = Batches.of_pixels(data, batch_size=7, device=CPU)
    for pixels, labels in batches.shuffled(torch.Generator().manual_seed(3)):
        left, right = pixels[:, :16, :16].float().mean((1, 2, 3)), pixels[:, :16, 16:].float().mean((1, 2, 3))
        assert torch.equal(right > left, labels.bool())


def test_order_is_drawn_from_the_generator() -> None:
    batches = Batches.of_pixels(bright_quarters(50, seed=0), batch_size=50, device=CPU)
    orders = [next(batches.shuffled(torch.Generator().manual_seed(seed)))[0] for seed in (1, 1, 2)]
    assert torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], orders[2])


def test_memory_mapped_pixels_are_gathered_and_left_as_they_are(tmp_path: Path) -> None:
    data = bright_quarters(9, seed=0)
    np.save(tmp_path / "pixels.npy", data.pixels)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    batches = Batches(inputs=mapped, labels=data.labels, batch_size=4, device=CPU)
    gathered = torch.cat([pixels for pixels, _ in batches.in_order()])
    gathered += 1
    assert np.array_equal(mapped, data.pixels)
    assert len(batches) == 2
