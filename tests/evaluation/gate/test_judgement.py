import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.gate.criterion import Criterion, Direction, Verdict
from medimage.evaluation.gate.judgement import Cases, judge_crossings, judge_estimate, judge_imbalance, judge_latency
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.proportion import estimate_proportion
from tests.support.simulated_predictions import FINDINGS, LATENCY

PLENTY = Cases(count=100, minimum=20, what="cases of covid")


def _judge(
    value: float,
    low: float,
    high: float,
    *,
    direction: Direction = "at_least",
    threshold: float = 0.8,
    cases: Cases = PLENTY,
) -> Criterion:
    estimate = Estimate(value=value, low=low, high=high, n=100, groups=100, method="made up")
    return judge_estimate(
        estimate, name="sensitivity", scope="covid", threshold=threshold, direction=direction, cases=cases
    )


@pytest.mark.parametrize(
    ("value", "low", "verdict"),
    [
        (0.9, 0.8, "PASS"),
        (0.9, 0.81, "PASS"),
        (0.9, 0.79, "INCONCLUSIVE"),
        (0.79, 0.7, "FAIL"),
        (0.8, 0.7, "INCONCLUSIVE"),
    ],
)
def test_lower_limit_decides_where_more_is_better(value: float, low: float, verdict: str) -> None:
    assert _judge(value, low, 0.99).verdict == verdict


@pytest.mark.parametrize(
    ("value", "high", "verdict"),
    [(0.05, 0.1, "PASS"), (0.05, 0.11, "INCONCLUSIVE"), (0.11, 0.2, "FAIL"), (0.1, 0.2, "INCONCLUSIVE")],
)
def test_upper_limit_decides_where_less_is_better(value: float, high: float, verdict: str) -> None:
    assert _judge(value, 0.0, high, direction="at_most", threshold=0.1).verdict == verdict


def test_too_few_cases_cannot_pass_however_good_they_are() -> None:
    few = Cases(count=12, minimum=20, what="cases of covid")
    criterion = _judge(1.0, 0.95, 1.0, cases=few)
    assert criterion.verdict is Verdict.INCONCLUSIVE
    assert (criterion.further_cases, criterion.further_of) == (8, "cases of covid")
    assert "12 independent cases of covid are fewer than the 20 needed" in criterion.note


def test_too_few_cases_can_fail() -> None:
    assert _judge(0.5, 0.3, 0.7, cases=Cases(count=5, minimum=20, what="cases of covid")).verdict is Verdict.FAIL


def test_an_undefined_number_is_inconclusive_and_says_why() -> None:
    criterion = judge_estimate(
        Estimate.undefined("no test image of this class", n=0, groups=0),
        name="sensitivity", scope="covid", threshold=0.8, direction="at_least",
        cases=Cases(count=0, minimum=20, what="cases of covid"),
    )  # fmt: skip
    assert criterion.verdict is Verdict.INCONCLUSIVE
    assert "no test image of this class" in criterion.note
    assert criterion.further_cases == 20


def test_a_number_without_interval_is_inconclusive_unless_it_misses() -> None:
    for value, verdict in ((0.02, Verdict.INCONCLUSIVE), (0.3, Verdict.FAIL)):
        criterion = judge_estimate(
            Estimate.without_interval(value, "one case", n=1, groups=1),
            name="calibration_error", scope="overall", threshold=0.1, direction="at_most", cases=PLENTY,
        )  # fmt: skip
        assert criterion.verdict is verdict


def test_an_estimate_at_the_threshold_is_not_promised_to_be_settled() -> None:
    criterion = _judge(0.8, 0.7, 0.9)
    assert criterion.further_cases is None
    assert "cannot be told" in criterion.note


@given(right=st.integers(0, 200), wrong=st.integers(0, 200), threshold=st.floats(0.05, 0.95))
def test_verdict_never_gets_worse_with_one_more_right_answer(right: int, wrong: int, threshold: float) -> None:
    rank = {Verdict.FAIL: 0, Verdict.INCONCLUSIVE: 1, Verdict.PASS: 2}

    def verdict(hits: int, misses: int) -> int:
        answers = np.arange(hits + misses) < hits
        estimate = estimate_proportion(answers, np.arange(len(answers)))
        return rank[
            judge_estimate(
                estimate, name="accuracy", scope="overall", threshold=threshold, direction="at_least", cases=PLENTY
            ).verdict
        ]

    assert verdict(right + 1, wrong + 1) <= verdict(right + 2, wrong)


def _share_of_passes(hits: np.ndarray, groups: np.ndarray, threshold: float) -> float:
    cases = Cases(count=int(groups.max()) + 1, minimum=20, what="cases of covid")
    criteria = (
        judge_estimate(
            estimate_proportion(row, groups),
            name="sensitivity", scope="covid", threshold=threshold, direction="at_least", cases=cases,
        )
        for row in hits
    )  # fmt: skip
    return float(np.mean([criterion.verdict is Verdict.PASS for criterion in criteria]))


@pytest.mark.parametrize(("threshold", "cases"), [(0.8, 20), (0.8, 60), (0.8, 250), (0.9, 80)])
def test_a_model_exactly_at_the_threshold_passes_at_most_once_in_forty(threshold: float, cases: int) -> None:
    trials = 10_000
    hits = np.random.default_rng(cases).random((trials, cases)) < threshold
    error = 2.6 * math.sqrt(0.025 * 0.975 / trials)
    assert _share_of_passes(hits, np.arange(cases), threshold) <= 0.025 + error


@pytest.mark.parametrize("per_group", [2, 5])
@pytest.mark.parametrize("correlation", [0.01, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("cases", [20, 50, 150])
def test_repeated_images_do_not_let_a_model_at_the_threshold_pass(
    per_group: int, correlation: float, cases: int
) -> None:
    trials, threshold = 2000, 0.8
    generator = np.random.default_rng([cases, per_group])
    strength = (1 - correlation) / correlation
    chance = generator.beta(threshold * strength, (1 - threshold) * strength, size=(trials, cases, 1))
    hits = (generator.random((trials, cases, per_group)) < chance).reshape(trials, -1)
    error = 2.6 * math.sqrt(0.025 * 0.975 / trials)
    assert _share_of_passes(hits, np.repeat(np.arange(cases), per_group), threshold) <= 0.025 + error


@pytest.mark.parametrize("correlation", [0.01, 0.3, 0.7, 0.99])
def test_patients_with_very_different_numbers_of_images_pass_hardly_more_often(correlation: float) -> None:
    trials, cases, threshold = 3000, 60, 0.8
    generator = np.random.default_rng(7)
    groups = np.repeat(np.arange(cases), generator.choice([1, 1, 1, 2, 3, 8], size=cases))
    strength = (1 - correlation) / correlation
    chance = generator.beta(threshold * strength, (1 - threshold) * strength, size=(trials, cases))[:, groups]
    hits = generator.random(chance.shape) < chance
    assert _share_of_passes(hits, groups, threshold) <= 0.04


def test_a_good_model_passes_with_enough_cases() -> None:
    hits = np.random.default_rng(0).random((500, 200)) < 0.92
    assert _share_of_passes(hits, np.repeat(np.arange(100), 2), 0.8) > 0.9


def test_latency_must_stay_below_the_threshold() -> None:
    assert judge_latency(LATENCY, threshold=20.1).verdict is Verdict.PASS
    assert judge_latency(LATENCY, threshold=20.0).verdict is Verdict.FAIL
    assert judge_latency(replace(LATENCY, images=5), threshold=500).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("counts", "mitigated", "verdict", "words"),
    [
        ({"a": 50, "b": 10}, False, "PASS", "50 of a, 10 of b"),
        ({"a": 50, "b": 50}, False, "PASS", "50 of each class"),
        ({"a": 51, "b": 10}, False, "FAIL", "above 5 to 1"),
        ({"a": 51, "b": 10}, True, "PASS", "mitigated"),
        ({"a": 51, "b": 0}, True, "FAIL", "no training image of b"),
    ],
)
def test_unequal_classes_must_be_mitigated(counts: dict, mitigated: bool, verdict: str, words: str) -> None:
    criterion = judge_imbalance(replace(FINDINGS, training_counts=counts, imbalance_mitigated=mitigated), threshold=5)
    assert criterion.verdict == verdict
    assert words in criterion.note


def test_anything_crossing_the_split_fails() -> None:
    assert judge_crossings("crossing_groups", 0, what="groups have images").verdict is Verdict.PASS
    criterion = judge_crossings("crossing_groups", 1, what="groups have images")
    assert criterion.verdict is Verdict.FAIL
    assert criterion.note.startswith("1 groups have images on both sides")
