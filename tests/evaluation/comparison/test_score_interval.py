import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import norm

from medimage.evaluation.comparison.score_interval import (
    paired_score_interval,
    score_variance,
    trials_for_lower_limit,
)


def rejection_chance(trials: int, *, margin: float, won: float) -> float:
    """Returns how often the lower limit is above a true difference of -margin, added up over all test sets.

    Args:
        trials: Cases.
        margin: True loss.
        won: Chance that a case is won; that it is lost is higher by the margin.
    """
    lost = won + margin
    chances = [won, lost, max(0.0, 1 - won - lost)]
    total = 0.0
    for wins in range(trials + 1):
        for losses in range(trials - wins + 1):
            counts = [wins, losses, trials - wins - losses]
            if any(count and not chance for count, chance in zip(counts, chances, strict=True)):
                continue
            logarithm = gammaln(trials + 1) + sum(
                count * math.log(chance) - gammaln(count + 1)
                for count, chance in zip(counts, chances, strict=True)
                if count
            )
            if logarithm > -30 and paired_score_interval(wins, losses, trials)[0] > -margin:
                total += math.exp(logarithm)
    return total


@pytest.mark.parametrize("margin", [0.05, 0.1])
@pytest.mark.parametrize("trials", [20, 50, 90])
def test_a_true_loss_of_the_margin_is_ruled_out_in_at_most_2_5_percent_of_all_test_sets(
    trials: int, margin: float
) -> None:
    for won in (0.0, 0.02, 0.1, 0.3, (1 - margin) / 2):
        assert rejection_chance(trials, margin=margin, won=won) <= 0.0255


@given(trials=st.integers(1, 400), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)), level=st.floats(0.6, 0.999))
def test_the_limits_are_z_standard_errors_away_less_half_a_step(
    trials: int, shares: tuple[float, float], level: float
) -> None:
    won = round(trials * shares[0])
    lost = round((trials - won) * shares[1])
    low, high = paired_score_interval(won, lost, trials, confidence=level)
    assert -1 <= low <= (won - lost) / trials <= high <= 1
    step = (1 + (won + lost) / trials) / 2
    for limit, centre in ((low, won - lost - step), (-high, lost - won - step)):
        if limit > -1 + 1e-6:
            wins, losses = (won, lost) if limit == low else (lost, won)
            variance = score_variance(wins, losses, trials, difference=limit)
            assert (centre - trials * limit) / math.sqrt(variance) == pytest.approx(norm.ppf(0.5 + level / 2), rel=1e-3)


def test_without_the_correction_the_limits_are_those_of_a_published_example() -> None:
    # Airway hyper-responsiveness of 21 children before and after transplantation (Bentur et al. 2009), in Fagerland,
    # Lydersen and Laake (2014), Stat Med 33:2850-2875: 1 and 7 discordant, Tango's interval -0.517 to -0.026.
    for limit in (-0.517, -0.026):
        variance = score_variance(1, 7, 21, difference=limit)
        assert abs(1 - 7 - 21 * limit) / math.sqrt(variance) == pytest.approx(1.96, abs=0.01)


def test_the_chance_to_be_lost_is_the_most_likely_one() -> None:
    won, lost, trials, difference = 4, 9, 40, -0.03
    grid = np.linspace(0.0301, 0.5, 4000)
    likelihood = (
        lost * np.log(grid)
        + won * np.log(grid + difference)
        + (trials - won - lost) * np.log(1 - 2 * grid - difference)
    )
    best = float(grid[likelihood.argmax()])
    expected = trials * (2 * best + difference * (1 - difference))
    assert score_variance(won, lost, trials, difference=difference) == pytest.approx(expected, rel=1e-2)


def test_equal_answers_are_not_certainty() -> None:
    low, high = paired_score_interval(0, 0, 60)
    assert low == pytest.approx(-high)
    assert -0.1 < low < -0.05


def test_both_directions_are_mirrored() -> None:
    low, high = paired_score_interval(3, 8, 50)
    assert paired_score_interval(8, 3, 50) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("won", "lost", "trials"), [(0, 0, 0), (-1, 0, 5), (3, 3, 5)])
def test_impossible_counts_are_refused(won: float, lost: float, trials: float) -> None:
    with pytest.raises(ValueError, match="won \\+ lost"):
        paired_score_interval(won, lost, trials)


@pytest.mark.parametrize(("won", "lost"), [(0.0, 0.0), (0.02, 0.02), (0.1, 0.12)])
def test_the_cases_needed_are_those_at_which_the_limit_is_reached(won: float, lost: float) -> None:
    trials = trials_for_lower_limit(won, lost, limit=-0.05, confidence=0.95)
    assert trials is not None
    for more, reached in ((1.01, True), (0.99, False)):
        size = trials * more
        assert (paired_score_interval(won * size, lost * size, size)[0] > -0.05) == reached


def test_no_number_of_cases_rules_out_a_loss_that_is_there() -> None:
    assert trials_for_lower_limit(0.0, 0.06, limit=-0.05, confidence=0.95) is None
