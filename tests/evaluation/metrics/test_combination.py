import numpy as np
import pytest

from medimage.evaluation.metrics.combination import mean_of_rates
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.proportion import estimate_proportion


def _mean(rates: list[Estimate], resampled: np.ndarray) -> Estimate:
    return mean_of_rates(rates, n=100, groups=100, confidence=0.95, resampled=resampled)


def test_mean_of_perfect_rates_keeps_their_uncertainty() -> None:
    perfect = estimate_proportion(np.ones(30, bool), np.arange(30))
    mean = _mean([perfect, perfect, perfect], np.ones(200))
    assert mean.value == mean.high == 1
    assert mean.low == pytest.approx(1 - (1 - perfect.low) / np.sqrt(3))


def test_mean_of_one_rate_is_that_rate() -> None:
    rate = estimate_proportion(np.arange(40) < 33, np.arange(40))
    mean = _mean([rate], np.full(200, rate.value))
    assert (mean.value, mean.low, mean.high) == pytest.approx((rate.value, rate.low, rate.high))


def test_bootstrap_widens_the_interval_where_rates_depend_on_each_other() -> None:
    rate = estimate_proportion(np.arange(40) < 33, np.arange(40))
    assert _mean([rate, rate], np.linspace(0.3, 0.99, 500)).low < 0.35


def test_mean_is_undefined_where_a_rate_is() -> None:
    rate = estimate_proportion(np.arange(40) < 33, np.arange(40))
    mean = _mean([rate, Estimate.undefined("no test image of this class", n=0, groups=0)], np.full(9, np.nan))
    assert not mean.is_defined
    assert mean.reason == "undefined for 1 of 2 classes: no test image of this class"


def test_interval_covers_the_true_balanced_accuracy() -> None:
    generator = np.random.default_rng(0)
    truths, sizes = (0.95, 0.8, 0.9), (20, 40, 200)
    covered = 0
    for _ in range(1500):
        rates = [
            estimate_proportion(generator.random(size) < truth, np.arange(size))
            for truth, size in zip(truths, sizes, strict=True)
        ]
        mean = _mean(rates, np.full(3, np.mean([rate.value for rate in rates])))
        covered += mean.low <= np.mean(truths) <= mean.high
    assert covered / 1500 > 0.95 - 0.018
