import dataclasses

import pytest

from medimage.config.champion import ChampionConfig
from medimage.config.gate import GateConfig
from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.gate.champion_criteria import judge_against_champion
from medimage.evaluation.gate.criterion import Criterion, Verdict
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.judgement import Cases
from tests.support.champions import CLASSES, comparison_of, impossible_comparison
from tests.support.simulated_predictions import FINDINGS, evaluation_of, predictions


def judged(found: ChampionComparison, *, count: int = 300, **settings) -> tuple[Criterion, ...]:
    cases = {name: Cases(count=count, minimum=20, what=f"cases of {name}") for name in CLASSES}
    return judge_against_champion(found, config=ChampionConfig(**settings), cases=cases)


def verdicts(criteria: tuple[Criterion, ...]) -> dict[str, Verdict]:
    return {criterion.title: criterion.verdict for criterion in criteria}


def test_a_candidate_that_is_better_and_nowhere_worse_passes() -> None:
    found = judged(comparison_of(champion_wrong=120))
    assert verdicts(found) == {
        **{f"non-inferior sensitivity of {name}": Verdict.PASS for name in CLASSES},
        "improvement on the champion": Verdict.PASS,
    }
    assert "better than lung version 3" in found[-1].note
    assert found[-1].low > 0


def test_equal_models_are_non_inferior_and_no_improvement() -> None:
    found = judged(comparison_of(candidate_wrong=6, champion_wrong=6))
    assert [criterion.verdict for criterion in found] == [Verdict.PASS] * 3 + [Verdict.INCONCLUSIVE]
    assert "nothing is shown to be better than lung version 3, which stays the champion" in found[-1].note


def test_a_loss_beyond_the_margin_fails() -> None:
    found = judged(comparison_of(candidate_wrong=60))
    assert {criterion.verdict for criterion in found[:3]} == {Verdict.FAIL}
    assert "0.933 against 1.000 of the champion" in found[0].note
    assert {
        criterion.verdict for criterion in judged(comparison_of(candidate_wrong=60), sensitivity_margin=0.2)[:3]
    } == {Verdict.PASS}


def test_a_loss_that_cannot_be_ruled_out_is_inconclusive_with_the_cases_that_settle_it() -> None:
    few = comparison_of(images=120)
    criterion = judged(few, count=40)[0]
    assert criterion.verdict is Verdict.INCONCLUSIVE
    assert criterion.further_cases is not None
    assert f"about {criterion.further_cases} more independent cases of covid" in criterion.note
    settled = 3 * (40 + criterion.further_cases)
    assert judged(comparison_of(images=settled))[0].verdict is Verdict.PASS
    assert judged(comparison_of(images=settled - 6))[0].verdict is Verdict.INCONCLUSIVE


def test_fewer_independent_cases_than_needed_cannot_pass() -> None:
    criterion = judged(comparison_of(champion_wrong=120), count=12)[0]
    assert criterion.verdict is Verdict.INCONCLUSIVE
    assert criterion.further_cases == 8
    assert "fewer than the 20 needed" in criterion.note


def test_a_class_without_images_is_inconclusive() -> None:
    criterion = next(each for each in judged(comparison_of(images=2)) if each.scope == "tb")
    assert criterion.verdict is Verdict.INCONCLUSIVE
    assert "no test image of this class" in criterion.note


def test_a_comparison_that_cannot_be_is_inconclusive_with_its_reason() -> None:
    (criterion,) = judged(impossible_comparison())
    assert (criterion.title, criterion.verdict) == ("comparison with the champion", Verdict.INCONCLUSIVE)
    assert "has seen 3 of the test images" in criterion.note


@pytest.mark.parametrize("status", [ChampionStatus.NO_CHAMPION, ChampionStatus.SAME_MODEL, ChampionStatus.OFF])
def test_without_another_champion_nothing_is_asked(status: ChampionStatus) -> None:
    champion = {"name": "lung", "version": 3} if status is ChampionStatus.SAME_MODEL else {}
    assert judged(ChampionComparison(status=status, reason="why", candidates=1, confidence=0.95, **champion)) == ()


@pytest.mark.parametrize("comparison", ["show", "off"])
def test_what_is_only_shown_is_not_judged(comparison: str) -> None:
    assert judged(comparison_of(candidate_wrong=60), comparison=comparison) == ()
    assert judged(impossible_comparison(), comparison=comparison) == ()


def test_the_gate_asks_for_it_beside_its_own_criteria() -> None:
    evaluation = evaluation_of(predictions(images=900))
    alone = judge(evaluation=evaluation, data_findings=FINDINGS, config=GateConfig())
    assert alone.verdict is Verdict.PASS
    held = judge(
        evaluation=evaluation, data_findings=FINDINGS, config=GateConfig(), champion=comparison_of(candidate_wrong=6)
    )
    assert held.criteria[: len(alone.criteria)] == alone.criteria
    assert held.verdict is Verdict.INCONCLUSIVE
    assert held.sentence().startswith("Improvement on the champion: nothing is shown to be better")
    shown = GateConfig(champion=ChampionConfig(comparison="show"))
    assert judge(
        evaluation=evaluation, data_findings=FINDINGS, config=shown, champion=comparison_of(candidate_wrong=6)
    ) == dataclasses.replace(alone)
