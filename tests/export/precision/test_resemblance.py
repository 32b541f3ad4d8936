import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from medimage.export.precision.resemblance import Resemblance, correlation, cosine

SEEDS = st.integers(0, 2**32 - 1)


def pair(seed: int, *, share: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    left = generator.random((6, 7)).astype(np.float32)
    right = share * left + (1 - share) * generator.random((6, 7))
    return left, right.astype(np.float32)


@given(SEEDS)
def test_the_correlation_is_that_of_scipy(seed: int) -> None:
    left, right = pair(seed)
    assert correlation(left, right) == pytest.approx(pearsonr(left.ravel(), right.ravel()).statistic, abs=1e-6)


@given(SEEDS, st.floats(0.01, 100), st.floats(-5, 5))
def test_another_scale_changes_neither_and_another_level_not_the_correlation(
    seed: int, scale: float, level: float
) -> None:
    left, right = pair(seed)
    assert cosine(left, np.float32(scale) * right) == pytest.approx(cosine(left, right), abs=1e-5)
    assert correlation(left, right + np.float32(level)) == pytest.approx(correlation(left, right), abs=1e-4)


def test_nothing_is_like_nothing_and_unlike_something() -> None:
    something, nothing = pair(0)[0], np.zeros((6, 7), np.float32)
    for likeness in (cosine, correlation):
        assert likeness(nothing, nothing) == 1
        assert likeness(something, nothing) == likeness(nothing, something) == 0
        assert likeness(something, something) == pytest.approx(1)
    assert cosine(something, -something) == pytest.approx(-1)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_the_mean_decides_and_the_lowest_is_told(likenesses: list[float]) -> None:
    found = Resemblance.of("heat maps", likenesses, least=0.9)
    assert (found.images, found.lowest) == (len(likenesses), min(likenesses))
    assert found.mean == pytest.approx(np.mean(likenesses))
    assert found.is_enough == (found.mean >= 0.9)
    assert Resemblance(**found.to_dict()) == found


def test_no_image_shows_no_likeness() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        Resemblance(subject="embeddings", images=0, mean=1, lowest=1, least=0.9)
