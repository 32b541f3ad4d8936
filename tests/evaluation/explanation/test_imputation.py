import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medimage.evaluation.explanation.faithfulness import order_of_importance, random_map
from medimage.evaluation.explanation.imputation import impute


def by_hand(pixels: NDArray[np.uint8], missing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns the solution of the same equations, written out pixel by pixel and solved as a full matrix."""
    height, width = missing.shape
    count = height * width
    system, right = np.eye(count), pixels.reshape(count, -1).astype(float)
    for row, column in zip(*np.nonzero(missing), strict=True):
        place = row * width + column
        right[place] = 0
        around = [
            (row + down, column + across, 2 - abs(down * across))
            for down in (-1, 0, 1)
            for across in (-1, 0, 1)
            if (down or across) and 0 <= row + down < height and 0 <= column + across < width
        ]
        total = sum(weight for *_, weight in around)
        for other_row, other_column, weight in around:
            system[place, other_row * width + other_column] -= weight / total
    return np.linalg.solve(system, right).reshape(pixels.shape)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3]), st.floats(0.05, 0.95))
def test_pixels_are_those_of_the_equations_written_out_one_by_one(seed: int, channels: int, share: float) -> None:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (9, 9, channels), dtype=np.uint8)
    missing = generator.random((9, 9)) < share
    missing[0, 0] = False
    np.testing.assert_allclose(impute(pixels, missing), by_hand(pixels, missing), atol=0.05)


def test_a_large_hole_is_filled_within_one_level_of_the_exact_solution() -> None:
    generator = np.random.default_rng(0)
    down, across = np.mgrid[:40, :40] / 40
    pixels = (128 + 90 * np.sin(5 * down) * np.cos(4 * across) + generator.normal(0, 12, (40, 40)))[..., None]
    pixels = pixels.clip(0, 255).astype(np.uint8)
    order = order_of_importance(random_map(size=40, cells=4, generator=generator))
    missing = np.isin(np.arange(1600), order[:1440]).reshape(40, 40)
    assert np.abs(impute(pixels, missing) - by_hand(pixels, missing)).max() < 1


def test_a_ramp_is_continued_through_a_hole() -> None:
    ramp = (5 * np.mgrid[:20, :20].sum(axis=0))[..., None].astype(np.uint8)
    missing = np.zeros((20, 20), dtype=bool)
    missing[5:14, 4:16] = True
    np.testing.assert_allclose(impute(ramp, missing), ramp, atol=0.05)


def test_known_pixels_stay_and_imputed_ones_lie_between_them() -> None:
    pixels = np.random.default_rng(1).integers(50, 200, (12, 12, 3), dtype=np.uint8)
    missing = np.random.default_rng(2).random((12, 12)) < 0.5
    imputed = impute(pixels, missing)
    assert np.array_equal(imputed[~missing], pixels[~missing])
    assert imputed.min() >= 50
    assert imputed.max() <= 200


def test_nothing_missing_changes_nothing_and_everything_missing_is_refused() -> None:
    pixels = np.full((4, 4, 1), 7, dtype=np.uint8)
    assert np.array_equal(impute(pixels, np.zeros((4, 4), dtype=bool)), pixels)
    with pytest.raises(ValueError, match="all are missing"):
        impute(pixels, np.ones((4, 4), dtype=bool))
