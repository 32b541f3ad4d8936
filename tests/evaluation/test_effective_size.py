import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from medimage.evaluation.effective_size import effective_sample_size


def test_images_that_are_their_own_groups_are_all_counted() -> None:
    hits = np.array([True, False, True, True])
    assert effective_sample_size(hits, np.arange(4), confidence=0.95) == 4


def test_copies_count_once() -> None:
    hits = np.repeat(np.random.default_rng(0).random(200) < 0.8, 5)
    groups = np.repeat(np.arange(200), 5)
    assert effective_sample_size(hits, groups, confidence=0.95) == pytest.approx(200)


def test_a_set_without_errors_counts_as_many_images_as_it_has_groups() -> None:
    size = effective_sample_size(np.ones(100, bool), np.repeat(np.arange(20), 5), confidence=0.95)
    assert size == pytest.approx(20, rel=1e-6)


def test_one_error_does_not_make_a_set_worth_more_images_than_none_by_a_leap() -> None:
    groups = np.repeat(np.arange(20), 5)
    perfect, one_error = np.ones(100, bool), np.ones(100, bool)
    one_error[0] = False
    size = effective_sample_size(one_error, groups, confidence=0.95)
    assert effective_sample_size(perfect, groups, confidence=0.95) <= size < 30


def test_independent_images_in_groups_lose_little() -> None:
    hits = np.random.default_rng(0).random(4000) < 0.7
    size = effective_sample_size(hits, np.repeat(np.arange(800), 5), confidence=0.95)
    assert 3500 < size <= 4000


@given(
    groups=nps.arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 15)),
    seed=st.integers(0, 1000),
    share=st.floats(0, 1),
)
def test_size_lies_between_copies_and_independence(groups: np.ndarray, seed: int, share: float) -> None:
    hits = np.random.default_rng(seed).random(len(groups)) < share
    sizes = np.bincount(groups)
    size = effective_sample_size(hits, groups, confidence=0.95)
    assert len(groups) ** 2 / (sizes @ sizes) - 1e-9 <= size <= len(groups)


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="some images"):
        effective_sample_size(np.zeros(0, bool), np.zeros(0, np.int64), confidence=0.95)
