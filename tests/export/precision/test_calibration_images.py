from dataclasses import replace

import numpy as np
import pytest

from medimage.export.precision.calibration_images import CalibrationReader, choose_calibration_images
from tests.support.training import bright_quarters


def unbalanced():
    """Returns 40 images of one class and 5 of another, of which each is known by its first pixel."""
    data = bright_quarters(90, seed=0)
    rows = np.concatenate([np.flatnonzero(data.labels == 0)[:40], np.flatnonzero(data.labels == 1)[:5]])
    chosen = data.take(rows)
    pixels = np.asarray(chosen.pixels).copy()
    pixels[:, 0, 0, 0] = np.arange(len(pixels))
    return replace(chosen, pixels=pixels)


def chosen_rows(count: int, *, seed: int = 0) -> list[int]:
    return choose_calibration_images(unbalanced(), count=count, seed=seed)[:][:, 0, 0, 0].tolist()


@pytest.mark.parametrize(("count", "of_rare"), [(1, (0, 1)), (6, (3,)), (10, (5,)), (20, (5,)), (100, (5,))])
def test_a_rare_class_is_as_frequent_as_it_can_be(count: int, of_rare: tuple[int, ...]) -> None:
    rows = chosen_rows(count)
    assert len(rows) == len(set(rows)) == min(count, 45)
    assert sum(row >= 40 for row in rows) in of_rare


def test_the_seed_chooses() -> None:
    assert chosen_rows(10) == chosen_rows(10)
    assert chosen_rows(10) != chosen_rows(10, seed=1)


def test_every_image_is_read_once() -> None:
    pixels = bright_quarters(11, seed=0).pixels
    reader = CalibrationReader(pixels)
    batches = list(iter(reader.get_next, None))
    np.testing.assert_array_equal(np.concatenate([batch["image"] for batch in batches]), pixels)
    assert len(reader) == 11
