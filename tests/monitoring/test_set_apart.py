"""Which part of a window is like nothing in the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.monitoring.set_apart import set_apart


def drawn(images: int, *, seed: int, new: float = 0.0, moved: float = 0.0) -> np.ndarray:
    """Returns coordinates in random order, some of them of another place, or all moved a little."""
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(images, 8))
    points[:, 1] += moved
    points[: round(new * images), 0] += 5
    return generator.permutation(points)


@pytest.mark.parametrize("new", [0.0, 0.1, 0.2, 0.4])
def test_the_share_of_a_new_part_is_told(new: float) -> None:
    reference, window = drawn(1000, seed=1), drawn(1000, seed=2, new=new)
    found = set_apart(reference, window, weights=np.ones(1000))
    assert found.share == pytest.approx(new, abs=0.08)


def test_a_new_part_that_came_all_at_the_end_is_told_as_well() -> None:
    window = np.concatenate([drawn(800, seed=2), drawn(200, seed=3, new=1.0)])
    found = set_apart(drawn(1000, seed=1), window, weights=np.ones(1000))
    assert found.share == pytest.approx(0.2, abs=0.08)


def test_what_is_left_has_nothing_of_the_new_part() -> None:
    window = drawn(500, seed=2, new=0.2)
    found = set_apart(drawn(500, seed=1), window, weights=np.ones(500))
    is_new = window[:, 0] > 2.5
    assert is_new[found.window].mean() < 0.02
    assert (~is_new)[~found.window].mean() < 0.7


def test_images_that_have_all_moved_are_told_from_a_new_part() -> None:
    found = set_apart(drawn(1000, seed=1), drawn(1000, seed=2, moved=1.5), weights=np.ones(1000))
    part = set_apart(drawn(1000, seed=1), drawn(1000, seed=2, new=0.3), weights=np.ones(1000))
    assert found.highest_share > 0.7
    assert part.highest_share < 0.5


def test_weights_make_a_known_part_that_comes_more_often_nothing_new() -> None:
    reference = np.concatenate([drawn(400, seed=1), drawn(100, seed=2, new=1.0)])
    order = np.random.default_rng(3).permutation(500)
    weights = np.repeat([0.5, 3.0], [400, 100])
    window = drawn(500, seed=4, new=0.6)
    found = set_apart(reference[order], window, weights=weights[order])
    unweighted = set_apart(reference[order], window, weights=np.ones(500))
    assert found.share < 0.15
    assert unweighted.share > 0.3


@given(st.integers(0, 10_000), st.integers(10, 60), st.integers(10, 60))
def test_shares_are_shares_whatever_is_drawn(seed: int, before: int, now: int) -> None:
    found = set_apart(drawn(before, seed=seed), drawn(now, seed=seed + 1, new=0.5), weights=np.ones(before))
    assert 0 <= found.share <= found.highest_share <= 1
    assert found.reference.any()
