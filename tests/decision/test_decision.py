import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.decision.abstention_rule import AbstentionRule
from medimage.decision.conformal_sets import ConformalSets
from medimage.decision.decision import Decision, Outcome
from medimage.decision.decision_rules import DecisionRules
from medimage.decision.operating_point import OperatingPoint

CLASSES = ("effusion", "nodule", "normal")


def rules(
    *thresholds: float | None, abstain_below: float | None = None, sets_from: float | None = None
) -> DecisionRules:
    return DecisionRules(
        operating_points={
            name: OperatingPoint(
                threshold=threshold, target_sensitivity=0.9, cases=30, reason="" if threshold is not None else "too few"
            )
            for name, threshold in zip(CLASSES, thresholds, strict=True)
        },
        abstention=None
        if abstain_below is None
        else AbstentionRule(threshold=abstain_below, target_error=0.05, confidence=0.95, cases=90),
        conformal=None
        if sets_from is None
        else ConformalSets(
            thresholds=dict.fromkeys(CLASSES, sets_from), coverage=0.9, cases=dict.fromkeys(CLASSES, 30)
        ),
    )


def decide(probabilities: tuple[float, ...], by: DecisionRules | None) -> Decision:
    return Decision.of(dict(zip(CLASSES, probabilities, strict=True)), by)


def test_one_class_may_reach_its_point_though_another_is_more_probable() -> None:
    decision = decide((0.3, 0.1, 0.6), rules(0.25, 0.25, 0.7))
    assert decision.positive == ("effusion",)
    assert decision.outcome is Outcome.ONE


def test_several_classes_are_all_named_with_the_most_probable_first() -> None:
    decision = decide((0.35, 0.6, 0.05), rules(0.2, 0.2, 0.2))
    assert decision.positive == ("nodule", "effusion")
    assert decision.outcome is Outcome.SEVERAL


def test_no_class_at_its_point_is_undecided() -> None:
    assert decide((0.3, 0.3, 0.4), rules(0.5, 0.5, 0.5)).outcome is Outcome.NONE


def test_a_probability_at_the_threshold_reaches_it() -> None:
    assert decide((0.5, 0.3, 0.2), rules(0.5, 0.9, 0.9)).positive == ("effusion",)


def test_a_class_without_a_threshold_is_neither_found_nor_excluded() -> None:
    decision = decide((0.9, 0.05, 0.05), rules(None, 0.2, 0.2))
    assert decision.positive == ()
    assert decision.not_assessed == ("effusion",)


@pytest.mark.parametrize("by", [None, rules(None, None, None)])
def test_without_any_threshold_there_is_no_decision(by: DecisionRules | None) -> None:
    decision = decide((0.9, 0.05, 0.05), by)
    assert decision.outcome is Outcome.NOT_AVAILABLE
    assert decision.not_assessed == CLASSES
    assert decision.abstained is None
    assert decision.conformal_set is None


@pytest.mark.parametrize(("confidence", "abstained"), [(0.6, True), (0.7, False), (0.8, False)])
def test_an_answer_below_the_confidence_is_abstained(confidence: float, abstained: bool) -> None:
    decision = decide((confidence, 1 - confidence, 0.0), rules(0.2, 0.2, 0.2, abstain_below=0.7))
    assert decision.abstained is abstained


def test_the_set_holds_what_cannot_be_excluded_and_may_be_empty() -> None:
    by = rules(0.2, 0.2, 0.2, sets_from=0.4)
    assert decide((0.4, 0.55, 0.05), by).conformal_set == ("nodule", "effusion")
    assert decide((0.3, 0.35, 0.35), by).conformal_set == ()


def test_rules_of_other_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected probabilities of"):
        Decision.of({"nodule": 0.5, "effusion": 0.5}, rules(0.2, 0.2, 0.2))


@given(
    st.lists(st.floats(0.01, 1), min_size=3, max_size=3), st.lists(st.none() | st.floats(0, 1), min_size=3, max_size=3)
)
def test_decisions_are_those_that_evaluation_makes(scores: list[float], thresholds: list[float | None]) -> None:
    # Evaluation compares column by column (`decision_outcome._at_threshold`).
    values = np.array(scores) / np.sum(scores)
    decision = decide(tuple(values.tolist()), rules(*thresholds))
    expected = {
        name
        for name, value, threshold in zip(CLASSES, values, thresholds, strict=True)
        if threshold is not None and value >= threshold
    }
    assert set(decision.positive) == expected
    assert set(decision.not_assessed) == {
        name for name, threshold in zip(CLASSES, thresholds, strict=True) if threshold is None
    }
