import math

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from medimage.evaluation.comparison.mcnemar import exact_mcnemar, mcnemar_of
from medimage.evaluation.comparison.paired_gain import PairedGain
from medimage.evaluation.comparison.rate_difference import estimate_rate_difference
from medimage.evaluation.comparison.score_interval import paired_score_interval

NOTHING_DRAWN = np.array([np.nan])


def estimate(gain: np.ndarray, groups: np.ndarray, *, resampled: np.ndarray = NOTHING_DRAWN):
    return estimate_rate_difference(
        gain, groups, confidence=0.95, resampled=resampled, undefined="no test image of this class"
    )


@pytest.mark.parametrize(("only_first", "only_second"), [(14, 4), (0, 6), (1, 0), (30, 31)])
def test_mcnemars_p_value_is_that_of_statsmodels(only_first: int, only_second: int) -> None:
    expected = mcnemar([[50, only_first], [only_second, 9]], exact=True).pvalue
    assert exact_mcnemar(only_first, only_second) == pytest.approx(expected)
    gain = np.array([1] * only_first + [-1] * only_second + [0] * 59)
    assert mcnemar_of(gain, np.arange(len(gain))) == pytest.approx(expected)
    assert math.isnan(mcnemar_of(gain, np.arange(len(gain)) // 2))


def test_equal_answers_have_the_p_value_1() -> None:
    assert exact_mcnemar(0, 0) == 1


def test_independent_images_have_the_score_interval() -> None:
    gain = np.array([1] * 5 + [-1] * 9 + [0] * 86)
    found = estimate(gain, np.arange(100))
    assert found.value == pytest.approx(-0.04)
    assert (found.low, found.high) == pytest.approx(paired_score_interval(5, 9, 100))


def test_copies_of_images_count_once() -> None:
    gain = np.array([1] * 5 + [-1] * 9 + [0] * 86)
    found = estimate(np.repeat(gain, 4), np.repeat(np.arange(100), 4))
    once = estimate(gain, np.arange(100))
    assert (found.value, found.low, found.high) == pytest.approx((once.value, once.low, once.high), abs=1e-6)
    assert (found.n, found.groups) == (400, 100)


def test_images_count_as_few_where_either_kind_of_difference_is_alike_within_patients() -> None:
    patients, place = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    together = (patients < 6).astype(int)
    scattered = ((place == 1) & (patients >= 30) & (patients < 54)).astype(int)
    others = ((place == 2) & (patients >= 30) & (patients < 54)).astype(int)
    wide, mirrored, narrow = (
        estimate(gain, patients) for gain in (scattered - together, together - scattered, scattered - others)
    )
    assert wide.high - wide.low > 1.3 * (narrow.high - narrow.low)
    assert (mirrored.low, mirrored.high) == pytest.approx((-wide.high, -wide.low))


def test_the_bootstrap_widens_and_never_narrows() -> None:
    gain = np.array([1] * 5 + [0] * 95)
    alone = estimate(gain, np.arange(100))
    assert estimate(gain, np.arange(100), resampled=np.full(50, 0.05)) == alone
    wide = estimate(gain, np.arange(100), resampled=np.linspace(-0.9, 0.9, 500))
    assert wide.low < -0.8 < 0.8 < wide.high
    assert "bootstrap" in wide.method


def test_no_image_is_undefined_with_a_reason() -> None:
    found = estimate(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert not found.is_defined
    assert found.reason == "no test image of this class"


@pytest.mark.parametrize("correlation", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("patients", "won"), [(40, 0.0), (150, 0.05)])
def test_a_true_loss_of_the_margin_is_ruled_out_in_at_most_2_5_percent_of_clustered_test_sets(
    patients: int, won: float, correlation: float
) -> None:
    generator, margin, test_sets = np.random.default_rng(0), 0.1, 1000
    chances = np.array([won, won + margin, 1 - 2 * won - margin])
    ruled_out = 0
    for _ in range(test_sets):
        groups = np.repeat(np.arange(patients), generator.integers(1, 6, patients))
        if correlation in (0, 1):
            own = (
                np.eye(3)[generator.choice(3, patients, p=chances)] if correlation else np.tile(chances, (patients, 1))
            )
        else:
            own = generator.dirichlet(np.maximum(chances * (1 - correlation) / correlation, 1e-9), patients)
        drawn, limits = generator.random(len(groups)), own.cumsum(axis=1)[groups]
        gain = np.where(drawn < limits[:, 0], 1, np.where(drawn < limits[:, 1], -1, 0))
        ruled_out += estimate(gain, groups).low > -margin
    # Three standard errors of the simulation beyond 2.5 %.
    assert ruled_out / test_sets <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / test_sets)


def test_differences_are_those_of_the_rates_and_equal_models_are_not_told_apart() -> None:
    generator = np.random.default_rng(3)
    labels = np.arange(300) % 3
    first, second = generator.random(300) < 0.9, generator.random(300) < 0.6

    def of(one: np.ndarray, other: np.ndarray) -> PairedGain:
        return PairedGain.of(one, other, labels=labels, groups=np.arange(300), classes=3, resamples=500, seed=0)

    gain = of(first, second)
    assert gain.accuracy(0.95).value == pytest.approx(first.mean() - second.mean())
    for index in range(3):
        counted = labels == index
        assert gain.sensitivity(index, 0.95).value == pytest.approx(first[counted].mean() - second[counted].mean())
    assert gain.balanced_accuracy(0.95).low > 0
    alike = of(first, first)
    for found in (alike.accuracy(0.95), alike.sensitivity(1, 0.95), alike.balanced_accuracy(0.95)):
        assert found.low < 0 == found.value < found.high


def test_a_class_without_images_is_left_out_of_the_mean() -> None:
    labels = np.arange(100) % 2
    right = labels == 0
    gain = PairedGain.of(
        np.ones(100, bool), right, labels=labels, groups=np.arange(100), classes=3, resamples=200, seed=0
    )
    assert gain.balanced_accuracy(0.95).value == pytest.approx(0.5)
    assert not gain.sensitivity(2, 0.95).is_defined
