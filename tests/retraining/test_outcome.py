"""What becomes of a model that was trained again."""

import dataclasses

import pytest

from medimage.config.champion import ChampionConfig
from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.gate.champion_criteria import judge_against_champion
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.gate.judgement import Cases
from medimage.retraining.outcome import (
    RetrainingOutcome,
    RetrainingResult,
    admission,
    not_registered,
    why_not_better,
)
from tests.support.champions import CLASSES, comparison_of, impossible_comparison
from tests.support.exported import make_gate_report

CASES = {name: Cases(count=300, minimum=20, what=f"cases of {name}", with_others=False) for name in CLASSES}
BETTER = comparison_of(champion_wrong=120)
SAME = ChampionComparison(
    status=ChampionStatus.SAME_MODEL, reason="It answers the same.", name="lung", version=3, candidates=2,
    confidence=0.95,
)  # fmt: skip


def report(comparison: ChampionComparison, verdict: Verdict = Verdict.PASS) -> GateReport:
    """Returns the verdict by the criteria of any model and those on the champion."""
    own = make_gate_report(verdict)
    against = judge_against_champion(comparison, config=ChampionConfig(), cases=CASES)
    return dataclasses.replace(own, criteria=(*own.criteria, *against))


def test_a_better_model_is_better() -> None:
    found = report(BETTER)
    assert found.verdict is Verdict.PASS
    assert why_not_better(found, BETTER) == ""
    assert not_registered(found, BETTER, champion=3) is None


def test_a_model_that_is_not_better_is_admitted_and_told_why_it_is_not() -> None:
    equal = comparison_of(candidate_wrong=9, champion_wrong=9, from_row=300)
    found = report(equal)
    assert found.verdict is not Verdict.PASS
    assert admission(found).verdict is Verdict.PASS
    assert "nothing is shown to be better than lung version 3" in why_not_better(found, equal)
    assert not_registered(found, equal, champion=3) is None


def test_a_worse_model_is_told_by_the_class_that_it_misses() -> None:
    worse = comparison_of(candidate_wrong=200)
    assert "non-inferior sensitivity of covid (FAIL)" in why_not_better(report(worse), worse)


def test_what_cannot_be_compared_is_not_better() -> None:
    impossible = impossible_comparison()
    assert why_not_better(report(impossible), impossible) == impossible.reason


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_a_model_that_does_not_pass_by_itself_is_not_registered_however_it_compares(verdict: Verdict) -> None:
    outcome = not_registered(report(BETTER, verdict), BETTER, champion=3)
    assert outcome is not None
    assert outcome.result is RetrainingResult.GATE_NOT_PASSED
    assert verdict.value in outcome.sentence


def test_the_champion_itself_is_not_registered_again() -> None:
    outcome = not_registered(report(SAME), SAME, champion=3)
    assert outcome is not None
    assert outcome.result is RetrainingResult.SAME_MODEL
    assert why_not_better(report(SAME), SAME)


def test_the_champion_itself_is_not_registered_again_where_it_is_held_against_the_one_before_it() -> None:
    outcome = not_registered(report(BETTER), BETTER, champion=4)
    assert outcome is not None
    assert outcome.result is RetrainingResult.SAME_MODEL


def test_an_outcome_has_a_version_exactly_where_one_is_registered() -> None:
    for result in RetrainingResult:
        registered = result not in (RetrainingResult.GATE_NOT_PASSED, RetrainingResult.SAME_MODEL)
        found = RetrainingOutcome(result=result, sentence="So it is.", version=4 if registered else None)
        assert RetrainingOutcome.from_dict(found.to_dict()) == found
        with pytest.raises(ValueError, match="a version exactly where one is registered"):
            dataclasses.replace(found, version=None if registered else 4)
