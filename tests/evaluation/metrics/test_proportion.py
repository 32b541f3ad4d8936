import numpy as np
import pytest

from medimage.evaluation.metrics.interval import clopper_pearson_interval
from medimage.evaluation.metrics.proportion import estimate_proportion


def test_a_rate_of_independent_images_has_the_plain_interval() -> None:
    hits = np.arange(50) < 43
    rate = estimate_proportion(hits, np.arange(50))
    assert (rate.low, rate.high) == clopper_pearson_interval(43, 50)
    exact = estimate_proportion(hits, np.arange(50), interval="clopper_pearson")
    assert (exact.low, exact.high) == clopper_pearson_interval(43, 50)
    assert (rate.value, rate.n, rate.groups) == (0.86, 50, 50)


def test_a_perfect_rate_is_judged_on_its_cases_and_not_on_its_images() -> None:
    rate = estimate_proportion(np.ones(100, bool), np.repeat(np.arange(20), 5), resampled=np.ones(500))
    assert rate.low == pytest.approx(clopper_pearson_interval(20, 20)[0])
    assert (rate.value, rate.high, rate.n, rate.groups) == (1, 1, 100, 20)


def test_the_wider_of_wilson_and_bootstrap_counts_where_groups_repeat() -> None:
    hits, groups = np.arange(60) % 6 > 0, np.arange(60) // 2
    plain = estimate_proportion(hits, groups)
    wide = estimate_proportion(hits, groups, resampled=np.linspace(0.2, 0.9, 1000))
    assert wide.low < 0.25 < plain.low
    assert wide.high == plain.high


def test_a_rate_of_no_image_is_undefined_with_the_reason() -> None:
    rate = estimate_proportion(np.zeros(0, bool), np.zeros(0, np.int64), undefined="no test image of this class")
    assert not rate.is_defined
    assert rate.reason == "no test image of this class"


def test_a_single_image_has_a_wide_interval() -> None:
    rate = estimate_proportion(np.ones(1, bool), np.zeros(1, np.int64))
    assert (rate.value, rate.high) == (1, 1)
    assert rate.low < 0.25


@pytest.mark.parametrize("per_group", [1, 2, 5])
@pytest.mark.parametrize("correlation", [0.05, 0.5, 0.95])
def test_interval_covers_the_true_rate_of_clustered_images(per_group: int, correlation: float) -> None:
    generator = np.random.default_rng(per_group)
    truth, groups, trials = 0.85, 60, 1500
    strength = (1 - correlation) / correlation
    chance = generator.beta(truth * strength, (1 - truth) * strength, size=(trials, groups, 1))
    hits = (generator.random((trials, groups, per_group)) < chance).reshape(trials, -1)
    codes = np.repeat(np.arange(groups), per_group)
    covered = [estimate.low <= truth <= estimate.high for estimate in (estimate_proportion(row, codes) for row in hits)]
    assert np.mean(covered) > 0.95 - 0.018
