import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.interval import clopper_pearson_interval, wilson_interval
from medimage.evaluation.metrics.predictive_values import PredictiveValues, predictive_values


def rate(successes: int, trials: int, interval=clopper_pearson_interval) -> Estimate:
    low, high = interval(successes, trials)
    return Estimate(value=successes / trials, low=low, high=high, n=trials, groups=trials, method="a test")


def test_published_example_of_a_rare_disease() -> None:
    """Altman and Bland 1994 (BMJ 309:102), liver scans: sensitivity 231/258, specificity 54/86.

    They give predictive values of 0.88 and 0.67 at a prevalence of 0.75, 0.45 and 0.95 at one of 0.25.
    """
    for prevalence, ppv, npv in ((0.75, 0.88, 0.67), (0.25, 0.45, 0.95)):
        values = predictive_values(sensitivity=rate(231, 258), specificity=rate(54, 86), prevalence=prevalence)
        assert values.ppv.value == pytest.approx(ppv, abs=0.005)
        assert values.npv.value == pytest.approx(npv, abs=0.005)


@given(
    hits=st.integers(0, 40), cases=st.integers(1, 40), right=st.integers(0, 60), others=st.integers(1, 60),
    prevalence=st.floats(0.001, 0.999),
)  # fmt: skip
def test_values_are_those_of_bayes_and_lie_in_their_intervals(
    hits: int, cases: int, right: int, others: int, prevalence: float
) -> None:
    sensitivity, specificity = rate(min(hits, cases), cases), rate(min(right, others), others)
    values = predictive_values(sensitivity=sensitivity, specificity=specificity, prevalence=prevalence)
    found = sensitivity.value * prevalence
    alarms = (1 - specificity.value) * (1 - prevalence)
    if found + alarms == 0:
        assert "no image was taken" in values.ppv.reason
    else:
        assert values.ppv.value == pytest.approx(found / (found + alarms), abs=1e-12)
        assert 0 <= values.ppv.low <= values.ppv.value <= values.ppv.high <= 1
    missed = (1 - sensitivity.value) * prevalence
    passed = specificity.value * (1 - prevalence)
    if missed + passed == 0:
        assert "every image was taken" in values.npv.reason
    else:
        assert values.npv.value == pytest.approx(passed / (missed + passed), abs=1e-12)
        assert 0 <= values.npv.low <= values.npv.value <= values.npv.high <= 1


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "cases", "others"),
    [(0.8, 0.9, 40, 60), (0.95, 0.97, 30, 200), (0.6, 0.99, 50, 50), (0.9, 0.5, 20, 20)],
)
@pytest.mark.parametrize("prevalence", [0.02, 0.3])
def test_intervals_hold_the_truth_as_often_as_they_say(
    sensitivity: float, specificity: float, cases: int, others: int, prevalence: float
) -> None:
    """The exact coverage: every pair of counts with its probability."""
    wrong_odds = (1 - specificity) * (1 - prevalence) / (sensitivity * prevalence)
    truth = 1 / (1 + wrong_odds)
    covered = 0.0
    for hits in range(cases + 1):
        for right in range(others + 1):
            chance = binom.pmf(hits, cases, sensitivity) * binom.pmf(right, others, specificity)
            if chance < 1e-7:
                continue
            values = predictive_values(
                sensitivity=rate(hits, cases), specificity=rate(right, others), prevalence=prevalence
            )
            covered += chance * (not values.ppv.is_defined or values.ppv.low <= truth <= values.ppv.high)
    assert covered >= 0.945


def test_an_interval_is_about_as_wide_as_that_of_the_delta_method_for_many_cases() -> None:
    """Mercaldo, Lau and Zhou 2007 (Stat Med 26:2170-2183): the logit of PPV is asymptotically normal."""
    sensitivity, specificity, prevalence = rate(1700, 2000, wilson_interval), rate(2700, 3000, wilson_interval), 0.1
    values = predictive_values(sensitivity=sensitivity, specificity=specificity, prevalence=prevalence)
    variance = (1 - 0.85) / (0.85 * 2000) + 0.9 / (0.1 * 3000)
    centre = math.log(0.85 * 0.1 / (0.1 * 0.9))
    for limit, sign in ((values.ppv.low, -1), (values.ppv.high, 1)):
        expected = 1 / (1 + math.exp(-(centre + sign * 1.96 * math.sqrt(variance))))
        assert limit == pytest.approx(expected, abs=0.003)


def test_a_class_without_false_alarms_keeps_uncertain_predictive_values() -> None:
    values = predictive_values(sensitivity=rate(40, 40), specificity=rate(60, 60), prevalence=0.01)
    assert values.ppv.value == values.npv.value == 1.0
    assert values.ppv.low < 0.5
    assert values.npv.low < 1.0


def test_an_unknown_rate_leaves_both_undefined_with_its_reason() -> None:
    unknown = Estimate.undefined("no test image of this class", n=0, groups=0)
    values = predictive_values(sensitivity=unknown, specificity=rate(9, 10), prevalence=0.1)
    assert not values.ppv.is_defined
    assert values.npv.reason == "no test image of this class"


def test_values_survive_a_trip_through_plain_values() -> None:
    values = predictive_values(sensitivity=rate(9, 10), specificity=rate(9, 10), prevalence=0.1)
    assert PredictiveValues.from_dict(values.to_dict()) == values


@pytest.mark.parametrize("prevalence", [0.0, 1.0, -0.1, np.nan])
def test_impossible_prevalences_are_refused(prevalence: float) -> None:
    with pytest.raises(ValueError, match="prevalence in "):
        predictive_values(sensitivity=rate(9, 10), specificity=rate(9, 10), prevalence=prevalence)
