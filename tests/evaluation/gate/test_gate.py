import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from medimage.config.gate import GateConfig
from medimage.errors import GateNotPassedError
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate import judge_registered
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.metrics.interval import clopper_pearson_interval
from tests.support.simulated_predictions import FINDINGS, evaluation_of, of_arrays, predictions, report_of


def test_a_good_model_on_enough_cases_passes() -> None:
    report = report_of(predictions(images=300, skill=9.0))
    assert report.verdict is Verdict.PASS, report.sentence()
    report.require_pass()
    assert report.sentence() == "All 16 criteria are met: every interval clears its threshold."


def test_every_criterion_of_the_configuration_is_judged() -> None:
    names = Counter(criterion.name for criterion in report_of(predictions()).criteria)
    assert names == {
        "accuracy": 1, "sensitivity": 3, "specificity": 3, "balanced_accuracy": 1, "auroc": 3, "calibration_error": 1,
        "latency_p95_ms": 1, "imbalance_ratio": 1, "crossing_groups": 1, "crossing_duplicates": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accuracy", 0.999), ("sensitivity", 0.999), ("specificity", 0.999), ("balanced_accuracy", 0.999),
        ("auroc", 0.9999), ("calibration_error", 0.001), ("latency_p95_ms", 10.0), ("imbalance_ratio", 1.01),
        ("minimum_cases_per_class", 1000),
    ],
)  # fmt: skip
def test_every_threshold_of_the_configuration_can_keep_a_model_out(field: str, value: float) -> None:
    test = predictions(images=300, skill=6.0)
    assert report_of(test).verdict is Verdict.PASS
    assert report_of(test, config=GateConfig.model_validate({field: value})).verdict is not Verdict.PASS


def test_one_weak_class_fails_the_whole_gate_and_is_named() -> None:
    test = predictions(images=300, skill=9.0)
    logits = test.logits.copy()
    weak = np.flatnonzero(test.labels == 2)[:40]
    logits[weak] = [9, 0, 0]
    report = report_of(replace(test, logits=logits))
    assert report.verdict is Verdict.FAIL
    with pytest.raises(
        GateNotPassedError, match=r"sensitivity of tb \(FAIL\): 0\.600 is below the threshold of 0\.8"
    ) as error:
        report.require_pass()
    assert error.value.exit_code == 3


def test_few_cases_are_inconclusive_and_the_report_says_how_many_more_of_which() -> None:
    report = report_of(predictions(images=36, skill=9.0))
    assert report.verdict is Verdict.INCONCLUSIVE
    missing = {
        each.scope: (each.further_cases, each.further_of) for each in report.missed() if each.name == "sensitivity"
    }
    assert missing == {name: (8, f"cases of {name}") for name in ("covid", "normal", "tb")}


def test_many_images_of_few_patients_do_not_pass() -> None:
    assert report_of(predictions(images=300, skill=9.0)).verdict is Verdict.PASS
    assert report_of(predictions(images=300, per_group=10, skill=9.0)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "changes", [{"crossing_groups": 1}, {"crossing_duplicates": 2}, {"training_counts": {"a": 9, "b": 1}}]
)
def test_bad_data_fail_a_good_model(changes: dict) -> None:
    report = report_of(predictions(images=300, skill=9.0), findings=replace(FINDINGS, **changes))
    assert report.verdict is Verdict.FAIL
    assert len(report.missed()) == 1


def test_a_shortcut_fails_the_gate_only_where_the_configuration_says_so() -> None:
    test, found = predictions(images=300, skill=9.0), replace(FINDINGS, shortcuts=1)
    assert report_of(test, findings=found).verdict is Verdict.PASS
    strict = GateConfig(shortcut_findings="fail")
    report = report_of(test, findings=found, config=strict)
    assert report.verdict is Verdict.FAIL
    assert report.sentence().startswith("Shortcut findings: a class can be told from what is no trait of the patient")
    assert report_of(test, config=strict).verdict is Verdict.PASS


def test_what_rests_on_all_classes_says_that_all_must_grow_and_so_many_do_settle_it() -> None:
    """176 of 200 right, 18 of the rarest class's 20: the accuracy clears 0.85, and its limit does not."""
    labels = np.repeat([0, 1, 2], [90, 90, 20])
    answers = labels.copy()
    answers[[*range(11), *range(90, 101), 180, 181]] += 1
    test = of_arrays(labels, 3.0 * np.eye(3)[answers % 3])
    accuracy = next(each for each in report_of(test).criteria if each.name == "accuracy")
    assert accuracy.verdict is Verdict.INCONCLUSIVE
    assert accuracy.further_of == "cases of tb (the rarest class) with the other classes in proportion"
    assert accuracy.further_cases is not None
    total = 10 * (20 + accuracy.further_cases)
    assert f"about {accuracy.further_cases} more independent {accuracy.further_of} would settle it" in accuracy.note
    assert clopper_pearson_interval(0.88 * total, total)[0] >= 0.85
    # As many more of the rarest class alone, all of them recognised as often, would not.
    alone = 200 + accuracy.further_cases
    assert clopper_pearson_interval(0.88 * alone, alone)[0] < 0.85


def test_where_several_classes_have_too_few_cases_more_of_one_alone_are_not_said_to_settle_it() -> None:
    labels = np.repeat([0, 1, 2], [300, 12, 8])
    test = of_arrays(labels, 9.0 * np.eye(3)[labels])
    accuracy = next(each for each in report_of(test).criteria if each.name == "accuracy")
    assert (accuracy.verdict, accuracy.further_cases) == (Verdict.INCONCLUSIVE, 12)
    assert accuracy.further_of == "cases of tb (the rarest class) and of any other class up to 20"


def test_a_registered_model_that_does_not_say_what_it_has_seen_cannot_pass() -> None:
    evaluation = evaluation_of(predictions(images=300, skill=9.0))
    known, unknown = (
        GateReport(criteria=judge_registered(evaluation, config=GateConfig(), seen_is_known=is_known))
        for is_known in (True, False)
    )
    assert known.verdict is Verdict.PASS
    assert unknown.verdict is Verdict.INCONCLUSIVE
    assert "may have seen these" in unknown.sentence()


def test_findings_stand_beside_the_numbers() -> None:
    findings = replace(FINDINGS, findings=("The scanner gives the class away.",))
    assert report_of(predictions(), findings=findings).findings == ("The scanner gives the class away.",)


@pytest.mark.parametrize(
    ("labels", "logits"),
    [
        (np.array([0]), np.array([[9.0, 0, 0]])),
        (np.arange(60) % 2, 9 * np.eye(3)[np.arange(60) % 2]),
        (np.arange(60) % 3, np.tile([1.0, 0, 0], (60, 1))),
        (np.arange(60) % 3, np.zeros((60, 3))),
    ],
    ids=["one image", "a class absent", "always the same answer", "no opinion"],
)
def test_degenerate_test_sets_never_pass_and_survive_json(labels: np.ndarray, logits: np.ndarray) -> None:
    report = report_of(of_arrays(labels, logits))
    assert report.verdict is not Verdict.PASS
    stored = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert GateReport.from_dict(stored).to_dict() == report.to_dict()


def test_report_survives_json_and_works_out_its_verdict_anew() -> None:
    report = report_of(predictions(skill=3.0))
    stored = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert GateReport.from_dict(stored).to_dict() == report.to_dict()
    forged = GateReport.from_dict({**stored, "verdict": "PASS"})
    assert forged.verdict is report.verdict is not Verdict.PASS


def test_criteria_have_the_keys_of_the_summary() -> None:
    for criterion in report_of(predictions()).to_dict()["criteria"]:
        assert {"name", "scope", "estimate", "low", "high", "n", "threshold", "verdict"} <= set(criterion)
        assert type(criterion["verdict"]) is str


def test_a_report_without_criteria_cannot_be() -> None:
    with pytest.raises(ValueError, match="at least one criterion"):
        GateReport(criteria=())
