import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from medimage.evaluation.metrics.interval import clopper_pearson_interval, wilson_interval

COUNTS = [(0, 1), (1, 1), (0, 20), (20, 20), (16, 20), (87, 100), (9_999, 10_000)]


@pytest.mark.parametrize(("successes", "trials"), COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_wilson_interval_matches_statsmodels(successes: int, trials: int, confidence: float) -> None:
    expected = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence=confidence) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("successes", "trials"), COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_clopper_pearson_interval_matches_statsmodels(successes: int, trials: int, confidence: float) -> None:
    expected = proportion_confint(successes, trials, alpha=1 - confidence, method="beta")
    assert clopper_pearson_interval(successes, trials, confidence=confidence) == pytest.approx(expected, abs=1e-12)


def test_wilson_interval_matches_newcombes_published_example() -> None:
    # Newcombe (1998), Stat Med 17:857-872, table I: 81 of 263 and 15 of 148, score method.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


@pytest.mark.parametrize("interval", [wilson_interval, clopper_pearson_interval])
@given(trials=st.integers(1, 5000), share=st.floats(0, 1))
def test_intervals_hold_the_estimate_narrow_with_n_and_are_symmetric(interval, trials: int, share: float) -> None:
    successes = round(trials * share)
    low, high = interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert high - low > 0
    mirrored = interval(trials - successes, trials)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-9)
    wide_low, wide_high = interval(4 * successes, 4 * trials)
    assert wide_high - wide_low < high - low


@pytest.mark.parametrize("interval", [wilson_interval, clopper_pearson_interval])
@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 5), (6, 5), (1, -2), (np.nan, 5)])
def test_intervals_refuse_impossible_counts(interval, successes: float, trials: float) -> None:
    with pytest.raises(ValueError, match="Expected 0 <= successes <= trials"):
        interval(successes, trials)
