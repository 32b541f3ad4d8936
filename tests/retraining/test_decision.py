"""When a champion is trained again."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.config.retraining import RetrainingConfig
from medimage.errors import ConfigurationError
from medimage.monitoring.drift_check import DriftVerdict
from medimage.monitoring.drift_kind import DriftKind
from medimage.registry.champion_change import Author
from medimage.retraining.attempt import Attempt
from medimage.retraining.decision import RetrainingDecision, RetrainingVerdict, decide
from medimage.retraining.evidence import RetrainingEvidence
from medimage.retraining.reason import ReasonName
from medimage.retraining.watched import Watched
from tests.support.retrained import NO_DRIFT, NOTHING, REGISTERED, drop, evidence

ANNA = Author(by="anna", reason="a new scanner comes on Monday", force=True)
TRIED = Attempt(
    key="k", unseen=500, made="2026-02-03T10:00:00+00:00", sentence="lung version 4 is not shown to be better."
)


def decided(found: RetrainingEvidence, *, force: Author | None = None, **settings: object) -> RetrainingDecision:
    return decide(found, RetrainingConfig.model_validate(settings), key="k", force=force)


def held(decision: RetrainingDecision) -> list[str]:
    return [reason.name.value for reason in decision.holding]


def drifted(kind: DriftKind) -> Watched:
    return dataclasses.replace(NO_DRIFT, verdict=DriftVerdict.DRIFT, kind=kind, sentence="Images look different.")


def test_without_a_reason_nothing_is_trained_and_everything_is_told() -> None:
    decision = decided(dataclasses.replace(NOTHING, watched=NO_DRIFT))
    assert decision.verdict is RetrainingVerdict.NOT_DUE
    assert [reason.name.value for reason in decision.reasons] == ["drift", "performance", "new_images", "age"]
    assert "No drift among 500 images" in decision.reasons[0].sentence
    assert "no feedback was given" in decision.reasons[1].sentence
    assert decision.reasons[2].numbers["unseen"] == 0
    assert "30 days ago; 365 days are a reason" in decision.reasons[3].sentence
    assert all(reason.sentence in decision.to_markdown() for reason in decision.reasons)


def test_enough_new_images_are_a_reason_and_one_fewer_are_none() -> None:
    few, enough = evidence(unseen={"ill": 40, "well": 59}), evidence(unseen={"ill": 40, "well": 60})
    assert held(decided(few)) == []
    assert held(decided(enough)) == ["new_images"]
    assert "40 of ill and 60 of well" in decided(enough).reasons[2].sentence


def test_new_images_of_one_class_do_where_none_of_the_others_are_asked_for() -> None:
    found = evidence(unseen={"ill": 200, "well": 0})
    assert held(decided(found)) == ["new_images"]
    asked = decided(found, new_images_per_class=5)
    assert held(asked) == []
    assert "which well lacks" in asked.reasons[2].sentence


def test_age_counts_from_its_day_on() -> None:
    young, old = (evidence(now=REGISTERED + timedelta(days=days), unseen={"ill": 1}) for days in (89.99, 90))
    assert held(decided(young, maximum_age_days=90)) == []
    assert held(decided(old, maximum_age_days=90)) == ["age"]
    assert held(decided(old, maximum_age_days=None)) == []


def test_a_clock_that_went_backwards_tells_no_age() -> None:
    decision = decided(evidence(now=REGISTERED - timedelta(days=4000)))
    assert held(decision) == []
    assert "later than now" in decision.reasons[3].sentence


@pytest.mark.parametrize("kind", list(DriftKind))
def test_drift_is_a_reason_where_its_kind_counts(kind: DriftKind) -> None:
    found = evidence(watched=drifted(kind), unseen={"ill": 1})
    assert held(decided(found, drift=[kind.value])) == ["drift"]
    without = decided(found, drift=[each.value for each in DriftKind if each is not kind])
    assert held(without) == []
    assert "is no reason to train again" in without.reasons[0].sentence
    assert held(decided(found, drift=[])) == []


def test_too_few_images_to_tell_are_no_drift() -> None:
    few = dataclasses.replace(NO_DRIFT, verdict=DriftVerdict.NOT_ENOUGH, sentence="Not enough to tell.")
    assert held(decided(evidence(watched=few))) == []


def test_a_drop_counts_by_its_interval_and_not_by_its_point() -> None:
    def seen(right: int, total: int, *, is_chance: bool = False) -> list[str]:
        rates = (drop(right, total, is_chance=is_chance),)
        watched = dataclasses.replace(NO_DRIFT, judged=total, rates=rates)
        return held(decided(evidence(watched=watched, unseen={"ill": 1})))

    # 80 % against 90 %: with 40 answers it may be 5 points or less, with 1,000 it is more.
    assert seen(32, 40) == []
    assert seen(800, 1000) == ["performance"]
    assert seen(880, 1000) == []
    assert seen(800, 1000, is_chance=True) == []


def test_feedback_without_a_rate_to_compare_is_no_reason() -> None:
    watched = dataclasses.replace(NO_DRIFT, judged=0)
    decision = decided(evidence(watched=watched))
    assert held(decision) == []
    assert "No rate can be compared" in decision.reasons[1].sentence


def test_nothing_is_trained_again_where_the_same_model_would_come_of_it() -> None:
    old = evidence(now=REGISTERED + timedelta(days=400))
    decision = decided(old)
    assert (decision.verdict, held(decision)) == (RetrainingVerdict.NOTHING_TO_LEARN, ["age"])
    assert "--new-data FOLDER" in decision.sentence
    changes = ({"same_configuration": False}, {"lost": 3}, {"unseen": {"ill": 1}})
    for change in changes:
        assert decided(dataclasses.replace(old, **change)).is_yes


def test_what_was_tried_is_not_tried_again() -> None:
    found = evidence(unseen={"ill": 500}, attempt=TRIED)
    decision = decided(found)
    assert decision.verdict is RetrainingVerdict.TRIED_BEFORE
    assert "2026-02-03" in decision.sentence
    assert TRIED.sentence in decision.sentence


def test_a_few_images_more_than_in_an_earlier_attempt_are_no_reason_and_as_many_as_a_reason_takes_are() -> None:
    few, enough = (evidence(unseen={"ill": 500 + more}, attempt=TRIED) for more in (99, 100))
    assert decided(few).verdict is RetrainingVerdict.TRIED_BEFORE
    assert "Since then 99 images came; from 100 on" in decided(few).sentence
    assert decided(enough).is_yes
    assert decided(few, force=ANNA).is_yes
    fewer = evidence(unseen={"ill": 400}, attempt=TRIED)
    assert "Since then 0 images came" in decided(fewer).sentence


def test_a_person_may_ask_for_it_whatever_the_reasons_say() -> None:
    for found in (NOTHING, evidence(attempt=TRIED)):
        decision = decided(found, force=ANNA)
        assert decision.is_yes
        assert held(decision) == [ReasonName.FORCED.value]
        assert "anna asks: a new scanner comes on Monday." in decision.reasons[-1].sentence
    with pytest.raises(ConfigurationError, match="--reason TEXT"):
        Author(by="", reason="because", force=True)


def test_images_that_are_gone_and_another_configuration_are_told() -> None:
    notes = decided(evidence(lost=7, same_configuration=False)).notes
    assert "7 images that lung version 3 was trained or validated on" in notes[0]
    assert "configuration" in notes[1]


EVIDENCE = st.builds(
    lambda days, ill, well, kind, right: evidence(
        now=REGISTERED + timedelta(days=days),
        unseen={"ill": ill, "well": well},
        same_configuration=False,
        watched=dataclasses.replace(
            NO_DRIFT if kind is None else drifted(kind), judged=1000, rates=(drop(right, 1000),)
        ),
    ),
    st.integers(-10, 1000),
    st.integers(0, 200),
    st.integers(0, 200),
    st.sampled_from([None, *DriftKind]),
    st.integers(0, 1000),
)
SETTINGS = st.fixed_dictionaries(
    {
        "maximum_age_days": st.none() | st.floats(0.5, 900),
        "new_images": st.integers(1, 400),
        "new_images_per_class": st.integers(0, 50),
        "drift": st.lists(st.sampled_from([kind.value for kind in DriftKind]), unique=True),
        "largest_drop": st.floats(0, 0.5),
    }
)


@given(found=EVIDENCE, settings=SETTINGS, days=st.integers(0, 500), ill=st.integers(0, 200), worse=st.integers(0, 300))
def test_more_of_any_reason_never_turns_a_yes_into_a_no(
    found: RetrainingEvidence, settings: dict[str, object], days: int, ill: int, worse: int
) -> None:
    before = decided(found, **settings)
    assert found.watched is not None
    right = round(found.watched.rates[0].in_use.value * 1000)
    more = (
        dataclasses.replace(found, now=found.now + timedelta(days=days)),
        dataclasses.replace(found, unseen={**found.unseen, "ill": found.unseen["ill"] + ill}),
        dataclasses.replace(
            found, watched=dataclasses.replace(found.watched, rates=(drop(max(0, right - worse), 1000),))
        ),
    )
    for stronger in more:
        assert decided(stronger, **settings).is_yes >= before.is_yes
    if found.watched.kind is None:
        for kind in DriftKind:
            watched = dataclasses.replace(found.watched, verdict=DriftVerdict.DRIFT, kind=kind)
            assert decided(dataclasses.replace(found, watched=watched), **settings).is_yes >= before.is_yes
    assert decided(found, force=ANNA, **settings).is_yes


@given(found=EVIDENCE, settings=SETTINGS)
def test_a_decision_comes_back_from_its_json(found: RetrainingEvidence, settings: dict[str, object]) -> None:
    decision = decided(found, **settings)
    assert RetrainingDecision.from_dict(decision.to_dict()) == decision
