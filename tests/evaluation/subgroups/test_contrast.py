import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import proportion

from medimage.config.evaluation import IntervalMethod
from medimage.evaluation.metrics.effective_size import effective_sample_size
from medimage.evaluation.metrics.proportion import estimate_proportion
from medimage.evaluation.subgroups.contrast import SMALLEST_P, Contrast
from medimage.evaluation.subgroups.rate import Rate

COUNTS = st.integers(1, 80).flatmap(lambda images: st.tuples(st.integers(0, images), st.just(images)))
"""How many of how many are right."""


def rate(
    hits: np.ndarray, groups: np.ndarray | None = None, *, first: int = 0, interval: IntervalMethod = "wilson"
) -> Rate:
    codes = np.arange(len(hits)) + first if groups is None else groups
    return Rate.of(hits.astype(bool), codes, interval=interval)


def of_counts(right: int, images: int, **settings: int) -> Rate:
    return rate(np.arange(images) < right, **settings)


def difference(inside: Rate, outside: Rate) -> Contrast:
    return Contrast(inside=(inside,), outside=(outside,), weights=(1.0,))


@given(COUNTS, COUNTS, st.floats(0.6, 0.999))
def test_of_independent_images_the_interval_is_newcombes_as_statsmodels_has_it(
    inside: tuple[int, int], outside: tuple[int, int], confidence: float
) -> None:
    (right, images), (others_right, others) = inside, outside
    contrast = difference(of_counts(right, images), of_counts(others_right, others, first=images))
    expected = proportion.confint_proportions_2indep(
        right, images, others_right, others, method="newcomb", compare="diff", alpha=1 - confidence
    )
    np.testing.assert_allclose(contrast.limits(confidence), expected, atol=1e-9)


@given(COUNTS, COUNTS)
def test_the_p_value_is_one_minus_the_confidence_whose_interval_ends_at_zero(
    inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    (right, images), (others_right, others) = inside, outside
    contrast = difference(of_counts(right, images), of_counts(others_right, others, first=images))
    p = contrast.p_value()
    assert SMALLEST_P <= p <= 1
    if SMALLEST_P < p < 1:
        assert min(abs(limit) for limit in contrast.limits(1 - p)) < 1e-4
        low, high = contrast.limits(1 - 0.9 * p)
        assert low <= 0 <= high
    turned = difference(of_counts(others_right, others), of_counts(right, images, first=others))
    assert turned.p_value() == pytest.approx(p, rel=1e-5)


def test_of_many_images_the_p_value_is_near_that_of_the_score_test() -> None:
    contrast = difference(of_counts(850, 1000), of_counts(890, 1000, first=1000))
    expected = proportion.test_proportions_2indep(850, 1000, 890, 1000, method="score", compare="diff").pvalue
    assert contrast.p_value() == pytest.approx(expected, rel=0.05)


def test_a_rate_has_the_interval_that_it_has_on_its_own() -> None:
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 3)
    hits = (generator.random(40) < 0.8)[groups] & (generator.random(120) < 0.95)
    for method in ("wilson", "clopper_pearson"):
        alone = estimate_proportion(hits, groups, confidence=0.9, interval=method)
        own = rate(hits, groups, interval=method)
        assert own.limits(0.9) == pytest.approx((alone.low, alone.high))
        assert own.clustering.effective_size(0.9) == effective_sample_size(hits, groups, confidence=0.9)


def test_images_of_one_patient_make_the_interval_wider() -> None:
    hits = np.repeat(np.arange(50) < 40, 4)
    alone = difference(rate(hits), rate(hits, first=1000))
    groups = np.repeat(np.arange(50), 4)
    repeated = difference(rate(hits, groups), rate(hits, groups + 1000))
    widths = [np.diff(contrast.limits(0.95))[0] for contrast in (alone, repeated)]
    assert widths[1] > 1.8 * widths[0]
    assert repeated.p_value() == alone.p_value() == 1.0


def test_patients_who_are_right_here_and_wrong_there_widen_the_interval_and_others_do_not_narrow_it() -> None:
    groups = np.arange(60)
    right = groups % 3 > 0
    apart = difference(rate(right), rate(right, first=60))
    together = difference(rate(right, groups), rate(right, groups))
    opposite = difference(rate(right, groups), rate(np.roll(right, 30)[::-1], groups))
    assert apart.inflation == together.inflation == 1.0
    assert apart.limits(0.95) == pytest.approx(together.limits(0.95))
    assert opposite.inflation > 1
    against = difference(rate(groups < 30, groups), rate(groups >= 30, groups))
    # Every patient who is right here is wrong there: the variance of the difference is twice the sum.
    assert against.inflation == pytest.approx(2.0)
    half = difference(rate(groups < 30), rate(groups < 30, first=60))
    assert np.diff(against.limits(0.95))[0] > 1.3 * np.diff(half.limits(0.95))[0]


def test_the_inflation_is_the_variance_of_a_bootstrap_of_whole_patients() -> None:
    generator = np.random.default_rng(1)
    groups = np.repeat(np.arange(200), 2)
    inside = np.tile([True, False], 200)
    tendency = generator.normal(size=200)[groups] * np.where(inside, 1.5, -1.5)
    hits = tendency + generator.normal(size=400) > -1
    contrast = difference(rate(hits[inside], groups[inside]), rate(hits[~inside], groups[~inside]))
    drawn = generator.integers(0, 200, size=(4000, 200))
    by_patient = [np.bincount(groups[side], weights=hits[side], minlength=200) for side in (inside, ~inside)]
    means = [values[drawn].mean(axis=1) for values in by_patient]
    expected = (means[0] - means[1]).var() / (means[0].var() + means[1].var())
    assert contrast.inflation == pytest.approx(expected, rel=0.1)
    assert contrast.inflation > 1.1


def test_rates_of_one_and_of_nothing_keep_their_uncertainty() -> None:
    contrast = difference(of_counts(30, 30), of_counts(30, 30, first=30))
    low, high = contrast.limits(0.95)
    assert low < -0.1 < 0.1 < high
    assert (contrast.value, contrast.inflation, contrast.p_value()) == (0.0, 1.0, 1.0)
    wrong = difference(of_counts(0, 300), of_counts(300, 300, first=300))
    assert wrong.p_value() == SMALLEST_P
    assert wrong.limits(0.95)[0] == -1.0


def test_a_mean_of_rates_is_weighted() -> None:
    rates = (of_counts(10, 10), of_counts(0, 10, first=10))
    outside = (of_counts(5, 10, first=20), of_counts(5, 10, first=30))
    contrast = Contrast(inside=rates, outside=outside, weights=(0.25, 0.75))
    assert (contrast.value_inside, contrast.value_outside, contrast.value) == (0.25, 0.5, -0.25)


@pytest.mark.parametrize("weights", [(), (0.5,), (0.5, 0.6)])
def test_weights_that_are_none_are_refused(weights: tuple[float, ...]) -> None:
    rates = (of_counts(1, 2),) * max(1, len(weights))
    with pytest.raises(ValueError, match="weights"):
        Contrast(inside=rates, outside=rates, weights=weights)
