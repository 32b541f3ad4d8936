import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from scipy import stats

from medimage.evaluation.metrics.effective_size import effective_cases, effective_sample_size, intraclass_correlation


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


@pytest.mark.parametrize("seed", range(5))
def test_intraclass_correlation_is_that_of_scipys_analysis_of_variance(seed: int) -> None:
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 9, 30)
    samples = [(generator.random(size) < generator.beta(2, 1)).astype(float) for size in sizes]
    ratio = stats.f_oneway(*samples).statistic
    typical = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sizes) - 1)
    found = intraclass_correlation(np.array([sample.sum() for sample in samples]), sizes.astype(float))
    assert found == pytest.approx(max(0.0, (ratio - 1) / (ratio + typical - 1)))


def test_images_that_agree_in_every_group_have_a_correlation_of_one() -> None:
    sizes = np.array([3.0, 1.0, 5.0, 2.0])
    assert intraclass_correlation(sizes * [1, 0, 1, 0], sizes) == 1
    assert intraclass_correlation(sizes, sizes) == 1


def test_images_that_disagree_in_every_group_have_none() -> None:
    assert intraclass_correlation(np.full(20, 2.0), np.full(20, 4.0)) == 0


def test_large_groups_that_happen_to_be_right_do_not_make_copies_count() -> None:
    # One error in twenty patients with one image each, and two patients with twenty that are all right: copies.
    sizes = np.array([20, 20, *[1] * 20, *[2] * 20])
    right = np.ones(len(sizes), bool)
    right[[5, 9, 30, 35]] = False
    groups = np.repeat(np.arange(len(sizes)), sizes)
    size = effective_sample_size(right[groups], groups, confidence=0.95)
    assert size == pytest.approx(sizes.sum() ** 2 / (sizes**2).sum(), rel=0.1)


def test_a_large_group_that_is_as_right_as_the_others_does_not_hide_how_alike_images_of_a_group_are() -> None:
    """Pairs that are right or wrong together, and one large group whose share of right answers is the overall one.

    The ratio estimator sees little spread, since most images lie where it is expected; the next large group may still
    be wholly wrong, as the pairs show. Kish's design effect with M = 11.6 images of a typical image's group counts it.
    """
    groups = np.concatenate([np.repeat(np.arange(100), 2), np.full(50, 100)])
    hits = np.concatenate([np.repeat(np.arange(100) % 5 != 0, 2), np.arange(50) % 5 != 0])
    assert effective_sample_size(hits, groups, confidence=0.95) < 40


@pytest.mark.parametrize("seed", range(5))
def test_intraclass_correlation_of_any_values_is_that_of_scipys_analysis_of_variance(seed: int) -> None:
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 9, 30)
    samples = [generator.normal(size=size) + 2 * generator.normal() for size in sizes]
    ratio = stats.f_oneway(*samples).statistic
    typical = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sizes) - 1)
    sums, squares = (np.array([(sample**power).sum() for sample in samples]) for power in (1, 2))
    found = intraclass_correlation(sums, sizes.astype(float), squares=squares)
    assert found == pytest.approx(max(0.0, (ratio - 1) / (ratio + typical - 1)))


@given(
    groups=nps.arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 15)),
    seed=st.integers(0, 1000),
    scale=st.sampled_from([0.0, 1e-16, 1.0, 1e6]),
)
def test_cases_lie_between_copies_and_groups(groups: np.ndarray, seed: int, scale: float) -> None:
    values = 0.3 + scale * np.random.default_rng(seed).normal(size=len(groups))
    sizes = np.bincount(groups)
    copies = len(groups) ** 2 / (sizes @ sizes)
    assert copies - 1e-9 <= effective_cases(values, groups) <= np.count_nonzero(sizes) + 1e-9
    if scale < 1e-9:
        assert effective_cases(values, groups) == pytest.approx(copies)


def test_cases_are_fewer_the_more_alike_images_of_a_group_are() -> None:
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(80), generator.integers(1, 12, 80))
    own, shared = generator.normal(size=len(groups)), generator.normal(size=80)[groups]
    apart, alike, copies = (effective_cases(values, groups) for values in (own, own + 3 * shared, shared))
    assert apart == 80
    assert copies < alike < apart
    assert copies == pytest.approx(len(groups) ** 2 / (np.bincount(groups) @ np.bincount(groups)), rel=0.02)
