"""The dossier is worked out from the run."""

import dataclasses
import json
import re

import numpy as np
import pytest

from medimage.config.dossier import DossierConfig
from medimage.config.gate import GateConfig
from medimage.dossier.answer import State
from medimage.dossier.facts_of_data import facts_of_data
from medimage.dossier.facts_of_results import facts_of_results
from medimage.dossier.facts_of_training import facts_of_training
from medimage.dossier.run_record import RunRecord
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.predictions import Predictions
from tests.support.run_records import dossier, report_context, run_record
from tests.support.simulated_predictions import of_arrays, predictions

EVERYTHING = {name: f"Stated: {name}." for name in DossierConfig.model_fields}


def states(record: RunRecord) -> dict[str, dict[str, State]]:
    return {
        each.guideline.name: {answer.item.number: answer.state for answer in each.answers}
        for each in dossier(record).guidelines
    }


def test_without_a_word_of_the_authors_what_only_they_know_is_blank() -> None:
    found = states(run_record())
    for name, number in (("CLAIM", "14"), ("CLAIM", "44"), ("TRIPOD+AI", "17"), ("TRIPOD+AI", "3c"), ("GMLP", "10")):
        assert found[name][number] is State.BLANK, (name, number)
    for name, number in (("CLAIM", "20"), ("CLAIM", "23"), ("TRIPOD+AI", "15"), ("GMLP", "4")):
        assert found[name][number] is State.ANSWERED, (name, number)
    # Nobody measured subgroups, and nothing says that somebody did.
    assert found["CLAIM"]["30"] is State.IN_PART
    assert found["TRIPOD+AI"]["23b"] is State.BLANK


def test_with_all_that_can_be_said_nothing_is_blank() -> None:
    record = run_record(dossier=EVERYTHING, subgroups={"sex": {"F": 0.9}})
    left = {
        (name, number): state
        for name, items in states(record).items()
        for number, state in items.items()
        if state is not State.ANSWERED
    }
    # Images of this run were no DICOM files, so the run has done nothing about names.
    assert left == {("CLAIM", "11"): State.IN_PART}


def test_facts_are_those_of_the_run_and_change_with_it() -> None:
    few, many = run_record(predictions(images=60)), run_record(predictions(images=240, skill=1.0))
    for facts, images in ((facts_of_results(few), "60 images"), (facts_of_results(many), "240 images")):
        assert images in facts["internal_test"].text
    evaluation = many.evaluation
    wrong = int(np.sum(evaluation.confusion) - np.trace(np.array(evaluation.confusion)))
    text = facts_of_results(many)["errors"].text
    assert text.startswith(f"{wrong} of 240 test images were taken for another class")
    largest = max(
        (count, evaluation.classes[row], evaluation.classes[column])
        for row, counts in enumerate(evaluation.confusion)
        for column, count in enumerate(counts)
        if row != column
    )
    assert f"({largest[0]})" in text


def test_thresholds_are_told_where_they_were_fitted() -> None:
    record = run_record()
    told = facts_of_training(record)["output"]
    assert "operating points of 3 of 3 classes and a confidence below which answers are withheld" in told.text
    assert told.anchor == "decisions"
    without = dataclasses.replace(record, evaluation=dataclasses.replace(record.evaluation, rules=None, decisions=None))
    told = facts_of_training(without)["output"]
    assert told.text.endswith("so that no threshold was chosen")
    assert told.anchor == "errors"
    of_folds = facts_of_training(dataclasses.replace(without, folds=3))["output"]
    assert of_folds.text.endswith("thresholds are those of each fold's model")


def test_numbers_of_the_data_are_told_as_they_are() -> None:
    facts = facts_of_data(run_record())
    partitions = "train 180 images of 90 cases, validation 18 images of 9 cases and test 15 images of 8 cases"
    assert facts["partitions"].text == partitions
    # Of 15 test images 10 are of covid, and of all 213 images 65.
    assert f"at most {100 * (10 / 15 - 65 / 213):.1f} points (covid in test)" in facts["class_shares"].text


def test_what_was_not_looked_at_is_not_told() -> None:
    bare = report_context(audit=None, shortcuts=None, explanations={}, split_case_totals={})
    record = run_record(context=bare)
    facts = {**facts_of_data(record), **facts_of_results(record)}
    assert not {"exclusions", "missing_data", "quality", "groups", "shortcuts", "explanations"} & set(facts)
    assert facts["source"].anchor == "data"
    assert states(record)["CLAIM"]["31"] is State.BLANK
    assert states(record)["CLAIM"]["12"] is State.BLANK


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_dossier_and_only_a_pass_a_service(verdict: Verdict) -> None:
    test, gate = {
        Verdict.PASS: (predictions(images=600, skill=12.0), None),
        Verdict.INCONCLUSIVE: (predictions(images=30), None),
        Verdict.FAIL: (predictions(images=240, skill=0.0), GateConfig()),
    }[verdict]
    record = run_record(test, gate=gate)
    assert record.gate_report.verdict is verdict
    card = json.loads(dossier(record).documents()["card.json"])
    assert card["gate"]["verdict"] == verdict.value
    assert card["version"] is None
    assert ("input_checks" in facts_of_results(record)) is (verdict is Verdict.PASS)


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (of_arrays(np.array([0]), np.array([[9.0, 0, 0]])), "(2 not known)"),
        (of_arrays(np.arange(60) % 2, 9 * np.eye(3)[np.arange(60) % 2]), "(1 not known)"),
        (of_arrays(np.arange(60) % 3, np.tile([1.0, 0, 0], (60, 1))), "40 of 60 test images were taken"),
    ],
    ids=["one image", "a class absent", "always the same answer"],
)
def test_a_number_that_is_not_known_is_told_as_that(test: Predictions, told: str) -> None:
    documents = dossier(run_record(test)).documents()
    assert "NaN" not in documents["card.json"]
    assert not re.findall(r"\bnan\b", documents["dossier.json"])
    assert told in documents["dossier.json"]


def test_the_card_says_what_the_authors_state_and_else_what_is_safe() -> None:
    silent = dossier(run_record()).card
    assert "Research on" in silent.model.intended_use
    assert "Diagnosis" in silent.out_of_scope
    assert dict(silent.statements) == {}
    spoken = dossier(run_record(dossier=EVERYTHING)).card
    assert (spoken.model.intended_use, spoken.out_of_scope) == ("Stated: intended_use.", "Stated: out_of_scope.")
    assert spoken.model.limits[-1] == "Stated: limitations."
    assert len(spoken.model.limits) == len(silent.model.limits) + 1


def test_the_card_holds_data_metrics_calibration_shortcuts_and_subgroups() -> None:
    record = run_record(subgroups={"sex": {"F": {"sensitivity": float("nan")}}})
    card = json.loads(dossier(record).documents()["card.json"])
    assert (card["data"]["train images"], card["data"]["test cases"]) == (180, 8)
    assert {"value", "low", "high", "n"} <= set(card["metrics"]["accuracy"])
    assert card["calibration"]["fitted_on"] == record.evaluation.temperature.fitted_on
    assert card["decisions"]["rules"]["operating_points"]["covid"]["target_sensitivity"] == 0.95
    assert any("border" in row["what"] for row in card["shortcuts_and_leakage"])
    assert card["subgroups"] == {"sex": {"F": {"sensitivity": None}}}
    assert "research use only" in card["notice"].lower()
    assert any("phantoms" in sentence for sentence in card["provenance_of_data"])


def test_folds_are_told_as_several_models() -> None:
    record = run_record(folds=5)
    facts = facts_of_training(record)
    assert "5 models, each trained without one fold" in facts["ensemble"].text
    # A report on folds has no learning curves to lead to.
    assert facts["training"].anchor == "origin"
    assert "one model per fold" in dossier(record).card.model.limits[0]


def test_documents_are_the_same_for_the_same_run() -> None:
    assert dossier(run_record()).documents() == dossier(run_record()).documents()
