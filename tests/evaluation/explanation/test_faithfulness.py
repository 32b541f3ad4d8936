import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from medimage.evaluation.explanation.faithfulness import (
    Predict,
    deletion_and_insertion,
    order_of_importance,
    random_map,
)

BLACK = np.zeros(1, dtype=np.uint8)
SIDE = 8


def weighted_sum(weights: NDArray[np.float64]) -> Predict:
    """Returns a model whose probability of class 0 is the weight of the white pixels that are left."""

    def predict(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        left = (pixels[..., 0] / 255 * weights).sum(axis=(1, 2))
        return np.stack([left, 1 - left], axis=1)

    return predict


def areas(weights: NDArray[np.float64], heat_map: NDArray[np.float32], *, steps: int) -> tuple[float, float]:
    return deletion_and_insertion(
        weighted_sum(weights),
        pixels=np.full((SIDE, SIDE, 1), 255, dtype=np.uint8),
        order=order_of_importance(heat_map),
        class_index=0,
        fill=BLACK,
        steps=steps,
    )


def random_weights(seed: int) -> NDArray[np.float64]:
    weights = np.random.default_rng(seed).random((SIDE, SIDE)) ** 4
    return weights / weights.sum()


def test_areas_of_an_additive_model_equal_those_of_the_sorted_weights() -> None:
    weights = random_weights(0)
    deletion, insertion = areas(weights, weights.astype(np.float32), steps=SIDE * SIDE)
    kept = np.concatenate([[0], np.cumsum(np.sort(weights.ravel())[::-1])])
    assert insertion == pytest.approx(np.trapezoid(kept, dx=1 / SIDE**2))
    assert deletion == pytest.approx(1 - insertion)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(4, 64))
def test_no_map_beats_the_true_one(seed: int, other: int, steps: int) -> None:
    weights = random_weights(seed)
    best = areas(weights, weights.astype(np.float32), steps=steps)
    found = areas(weights, random_map(size=SIDE, cells=4, generator=np.random.default_rng(other)), steps=steps)
    assert best[0] <= found[0] + 1e-9
    assert best[1] >= found[1] - 1e-9
    assert all(0 <= area <= 1 for area in (*best, *found))


def test_reversed_map_exchanges_good_and_bad() -> None:
    weights = random_weights(1)
    deletion, insertion = areas(weights, -weights.astype(np.float32), steps=SIDE * SIDE)
    assert deletion > 0.5 > insertion


def test_first_and_last_picture_are_the_whole_and_the_empty_one() -> None:
    seen: list[NDArray[np.uint8]] = []

    def predict(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        seen.append(pixels)
        return np.full((len(pixels), 2), 0.5)

    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    fill = np.array([1, 2, 3], dtype=np.uint8)
    result = deletion_and_insertion(
        predict,
        pixels=pixels,
        order=np.arange(SIDE * SIDE),
        class_index=1,
        fill=fill,
        steps=5,
    )
    assert result == (0.5, 0.5)
    deleted, inserted = seen[0][:6], seen[0][6:]
    for whole, empty in ((deleted[0], deleted[-1]), (inserted[-1], inserted[0])):
        assert np.array_equal(whole, pixels)
        assert np.all(empty == fill)


@given(st.integers(1, 100), st.integers(1, 16))
def test_random_map_has_the_asked_size_and_coarseness(size: int, cells: int) -> None:
    found = random_map(size=size, cells=cells, generator=np.random.default_rng(0))
    assert found.shape == (size, size)
    assert len(np.unique(found)) <= cells**2


@given(st.integers(0, 2**32 - 1))
def test_order_is_that_of_the_map_and_of_the_other_map_where_it_is_equal(seed: int) -> None:
    generator = np.random.default_rng(seed)
    heat_map = generator.integers(0, 3, (SIDE, SIDE)).astype(np.float32)
    other = generator.random((SIDE, SIDE), dtype=np.float32)
    order = order_of_importance(heat_map, where_equal=other)
    assert sorted(order) == list(range(SIDE * SIDE))
    sorted_pairs = list(zip(heat_map.ravel()[order], other.ravel()[order], strict=True))
    assert sorted_pairs == sorted(sorted_pairs, reverse=True)


def test_a_map_that_says_nothing_is_exactly_as_good_as_the_random_one() -> None:
    opponent = random_map(size=SIDE, cells=4, generator=np.random.default_rng(0))
    nothing = np.zeros((SIDE, SIDE), dtype=np.float32)
    assert np.array_equal(order_of_importance(nothing, where_equal=opponent), order_of_importance(opponent))
