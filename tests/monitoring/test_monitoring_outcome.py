"""What monitoring came to, in words and as JSON."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from medimage.monitoring.drift_check import check_drift
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.feedback_performance import FeedbackPerformance, measure_performance
from medimage.monitoring.history import HistoryEntry
from medimage.monitoring.judgements import Judgements
from medimage.monitoring.monitoring_outcome import MonitoringOutcome, MonitoringVerdict
from medimage.monitoring.window import LogNotes
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from tests.support.observed import CLASSES, MODEL, SHA256, START, logged_rows, observed, reference_of

REFERENCE = reference_of(logged_rows(300, seed=1), truth=["ill", "well"] * 150)


def feedback_of(*, right: int, wrong: int) -> FeedbackPerformance:
    answered = {str(number): "ill" for number in range(right + wrong)}
    rows = [
        LoggedFeedback(prediction_id=name, time=START, model=MODEL, agrees=int(name) < right, label=None)
        for name in answered
    ]
    return measure_performance(
        Judgements.of_feedback(rows, answered=answered),
        answered=answered,
        classes=CLASSES,
        reference=(REFERENCE.truth, REFERENCE.truth) if REFERENCE.truth is not None else None,
        settings=DriftSettings(),
    )


def outcome(images: int, *, darker_by: float = 0.0, feedback: FeedbackPerformance | None = None) -> MonitoringOutcome:
    window = observed(logged_rows(images, seed=2, darker_by=darker_by), REFERENCE)
    return MonitoringOutcome(
        model="lung version 3",
        sha256=SHA256,
        made=START + timedelta(days=2),
        source="log",
        first=START,
        last=START + timedelta(days=1),
        notes=LogNotes(rows=images + 3, other_models={"lung 2.0.0 cdcdcd": 3}),
        check=check_drift(REFERENCE.observations, window),
        feedback=feedback,
    )


def test_images_as_before_and_feedback_as_good_as_before_are_no_change() -> None:
    found = outcome(200, feedback=feedback_of(right=50, wrong=0))
    assert found.verdict is MonitoringVerdict.AS_BEFORE
    assert "By feedback on 50 answers, 100 % are right" in found.to_markdown()
    assert "3 rows of other models or versions left out" in found.to_markdown()


def test_wrong_answers_are_a_change_also_where_images_are_as_before() -> None:
    found = outcome(200, feedback=feedback_of(right=30, wrong=30))
    assert found.verdict is MonitoringVerdict.CHANGED
    assert "Lower than on the reference: accuracy" in " ".join(found.sentences())


def test_too_few_images_are_no_verdict_unless_feedback_has_one() -> None:
    assert outcome(10).verdict is MonitoringVerdict.NOT_ENOUGH
    assert outcome(10, feedback=feedback_of(right=30, wrong=30)).verdict is MonitoringVerdict.CHANGED


def test_drifted_columns_stand_first_in_the_page() -> None:
    lines = outcome(200, darker_by=20).to_markdown().splitlines()
    table = [line for line in lines if line.startswith("|")][2:]
    drifted = [" yes |" in line for line in table]
    assert drifted == sorted(drifted, reverse=True)
    assert any(line.startswith("| mean | yes |") for line in table)
    assert any("divided by the number of columns" in line for line in lines)


@pytest.mark.parametrize("images", [0, 10, 200])
def test_the_outcome_is_json_and_has_an_entry_of_the_history(images: int) -> None:
    found = outcome(images, feedback=feedback_of(right=0, wrong=0))
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert values["window"]["images"] == images
    assert values["verdict"] == found.verdict.value
    entry = HistoryEntry.of(found)
    assert HistoryEntry.from_json(entry.to_json()) == entry
    assert HistoryEntry.of(replace(found, first=None, last=None)).time == found.made
