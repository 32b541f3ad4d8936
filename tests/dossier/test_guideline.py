"""The guidelines have the items that they have."""

import dataclasses
import re

import pytest

from medimage.config.dossier import DossierConfig
from medimage.dossier.fact import MISSING
from medimage.dossier.facts_of_data import facts_of_data
from medimage.dossier.facts_of_results import facts_of_results
from medimage.dossier.facts_of_training import facts_of_training
from medimage.dossier.guideline import Guideline, Item, guidelines
from medimage.evaluation.gate.criterion import Verdict
from medimage.models.history import TrainingHistory
from medimage.models.training_record import TrainingRecord
from tests.support.artifacts import trained_model
from tests.support.exported import make_gate_report
from tests.support.run_records import report_context, run_record

_TRIPOD = (
    "1 2 3a 3b 3c 4 5a 5b 6a 6b 6c 7 8a 8b 8c 9a 9b 9c 10 11 12a 12b 12c 12d 12e 12f 12g 13 14 15 16 17 18a 18b 18c "
    "18d 18e 18f 19 20a 20b 20c 21 22 23a 23b 24 25 26 27a 27b 27c"
)
"""The 52 parts of the 27 items of TRIPOD+AI (Collins et al., 2024, BMJ 385:e078378, table 2)."""

OF_SOME_RUNS = {"identity", "subgroups"}
"""Facts that the run of these tests has not."""


def of_name(name: str) -> Guideline:
    (found,) = (guideline for guideline in guidelines() if guideline.name == name)
    return found


def test_the_numbers_are_those_of_the_guidelines() -> None:
    assert [item.number for item in of_name("CLAIM").items] == [str(number) for number in range(1, 45)]
    assert [item.number for item in of_name("TRIPOD+AI").items] == _TRIPOD.split()
    assert [item.number for item in of_name("GMLP").items] == [str(number) for number in range(1, 11)]


def test_items_ask_only_for_facts_and_statements_that_there_are() -> None:
    record = run_record()
    facts = {**facts_of_data(record), **facts_of_training(record), **facts_of_results(record)}.keys() | OF_SOME_RUNS
    asked = {key for guideline in guidelines() for item in guideline.items for key in item.authors}
    assert asked == set(DossierConfig.model_fields) - {"out_of_scope"}
    wanted = {name for guideline in guidelines() for item in guideline.items for name in item.facts}
    assert wanted <= facts
    assert facts - wanted == {"latency"}


def test_what_a_run_may_not_know_has_a_name() -> None:
    bare = report_context(audit=None, shortcuts=None, explanations={})
    training = TrainingRecord.of(dataclasses.replace(trained_model(), history=TrainingHistory()))
    gate_report = make_gate_report(Verdict.FAIL)
    record = run_record(context=bare, training=training, gate_report=gate_report)
    facts = {**facts_of_data(record), **facts_of_training(record), **facts_of_results(record)}
    wanted = {name for guideline in guidelines() for item in guideline.items for name in item.facts}
    assert wanted - facts.keys() == MISSING.keys()


def test_every_citation_names_its_year() -> None:
    assert [re.findall(r"20\d\d", guideline.citation)[-1] for guideline in guidelines()] == ["2024", "2024", "2021"]


def test_an_item_that_nothing_can_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="answer item 7"):
        Item(number="7", topic="a", subject="b")
    item = Item(number="7", topic="a", subject="b", facts=("source",))
    with pytest.raises(ValueError, match="some numbers repeat"):
        Guideline(name="x", title="x", citation="x", unit="item", items=(item, item))
