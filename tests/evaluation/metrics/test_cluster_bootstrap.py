import numpy as np
import pytest
from scipy import stats

from medimage.evaluation.metrics.cluster_bootstrap import (
    group_codes,
    percentile_limits,
    resampled_totals,
    strata_by_label,
    totals_by_group,
)


def test_equal_names_are_one_group() -> None:
    codes = group_codes(("b", "a", "b", "c"))
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3
    assert group_codes(()).shape == (0,)


def test_totals_add_up_the_images_of_each_group() -> None:
    totals = totals_by_group(np.array([[1.0, 10], [2, 20], [3, 30]]), np.array([1, 0, 1]))
    assert totals.tolist() == [[2, 20], [4, 40]]


def test_stratum_is_the_class_of_most_images() -> None:
    assert strata_by_label(np.array([0, 1, 1, 2]), np.array([0, 0, 0, 1])).tolist() == [1, 2]


def test_every_resample_draws_as_many_groups_of_each_stratum_as_there_are() -> None:
    strata = np.array([0] * 7 + [1] * 3)
    totals = np.column_stack([strata == 0, strata == 1]).astype(float)
    drawn = resampled_totals(totals, strata=strata, resamples=50, seed=0)
    assert (drawn == [7, 3]).all()


def test_groups_are_drawn_whole() -> None:
    totals = np.array([[5.0, 50], [3, 30], [1, 10]])
    drawn = resampled_totals(totals, strata=np.zeros(3, np.int64), resamples=200, seed=0)
    assert np.allclose(drawn[:, 1], 10 * drawn[:, 0])


def test_mean_has_the_interval_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(3).gamma(2, size=300)
    drawn = resampled_totals(values[:, None], strata=np.zeros(300, np.int64), resamples=20_000, seed=0)[:, 0] / 300
    expected = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert percentile_limits(drawn, confidence=0.95) == pytest.approx(tuple(expected), abs=0.01)


def test_standard_error_of_clustered_means_is_that_of_their_groups() -> None:
    group_means = np.random.default_rng(0).normal(size=400)
    values, groups = np.repeat(group_means, 6), np.repeat(np.arange(400), 6)
    totals = totals_by_group(np.column_stack([values, np.ones_like(values)]), groups)
    drawn = resampled_totals(totals, strata=np.zeros(400, np.int64), resamples=4000, seed=0)
    spread = (drawn[:, 0] / drawn[:, 1]).std()
    assert spread == pytest.approx(group_means.std() / 20, rel=0.05)


def test_the_seed_decides_the_draws() -> None:
    totals, strata = np.arange(20.0)[:, None], np.zeros(20, np.int64)
    first, again, other = (resampled_totals(totals, strata=strata, resamples=9, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_limits_leave_undefined_resamples_out() -> None:
    low, high = percentile_limits(np.array([np.nan, 0.5, 0.5]), confidence=0.95)
    assert (low, high) == (0.5, 0.5)
    assert np.isnan(percentile_limits(np.array([np.nan]), confidence=0.95)).all()
