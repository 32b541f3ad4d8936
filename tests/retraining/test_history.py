"""What was decided over time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medimage.config.retraining import RetrainingConfig
from medimage.registry.champion_change import Author
from medimage.retraining.decision import decide
from medimage.retraining.history import (
    FAILED,
    RetrainingEntry,
    append_decision,
    history_file,
    read_decisions,
)
from medimage.retraining.outcome import RetrainingOutcome, RetrainingResult
from pipelines.retrain_history import tell_history, told
from tests.support.retrained import NOTHING

MADE = datetime(2026, 2, 3, 10, 15, tzinfo=UTC)
FORCE = Author(by="anna", reason="ein neues Gerät", force=True)
DECISION = decide(NOTHING, RetrainingConfig(), key="k1", force=FORCE)
OUTCOME = RetrainingOutcome(result=RetrainingResult.NOT_BETTER, sentence="lung version 4 stays.", version=4)


def test_a_decision_comes_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "lung.jsonl"
    entry = RetrainingEntry.of(DECISION, OUTCOME, made=MADE, run="retrain-1")
    append_decision(file, entry)
    assert read_decisions(file) == (entry,)
    assert (entry.reasons, entry.version, entry.result) == (("forced",), 4, "not_better")


def test_lines_stay_in_the_order_in_which_they_were_written_whatever_the_clock_says(tmp_path: Path) -> None:
    file = tmp_path / "lung.jsonl"
    entries = [RetrainingEntry.of(DECISION, None, made=MADE.replace(year=year), run="") for year in (2026, 2001, 2025)]
    for entry in entries:
        append_decision(file, entry)
    assert read_decisions(file) == tuple(entries)


def test_a_torn_line_costs_itself_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "lung.jsonl"
    entry = RetrainingEntry.of(DECISION, OUTCOME, made=MADE, run="")
    append_decision(file, entry)
    with file.open("ab") as opened:
        opened.write(entry.to_json().encode()[:30])
    append_decision(file, entry)
    assert read_decisions(file) == (entry, entry)


def test_only_a_retraining_that_came_to_its_end_was_an_attempt() -> None:
    ended = RetrainingEntry.of(DECISION, OUTCOME, made=MADE, run="").attempt
    assert ended is not None
    assert (ended.key, ended.unseen, ended.sentence) == ("k1", sum(NOTHING.unseen.values()), OUTCOME.sentence)
    assert RetrainingEntry.of(DECISION, None, made=MADE, run="").attempt is None
    failed = RetrainingEntry(
        made=MADE, champion="lung version 3", verdict="", reasons=(), sentence="It ended.", result=FAILED
    )
    assert failed.attempt is None


@pytest.mark.parametrize("name", ["lung", "a/b", "../../etc", "x" * 500, "größe"])
def test_each_model_has_a_file_of_its_own_in_the_workspace(name: str) -> None:
    file = history_file(name)
    assert file.parent.name == "retraining"
    assert len(file.name) < 100
    assert file != history_file(f"{name}-")


def test_a_person_reads_one_line_for_each_decision(capsys: pytest.CaptureFixture[str]) -> None:
    entry = RetrainingEntry.of(DECISION, OUTCOME, made=MADE, run="")
    assert told(entry).startswith("2026-02-03 10:15 not better: lung version 3 is trained again because of")
    tell_history("nobody")
    assert "Nothing was decided of nobody yet" in capsys.readouterr().out
    append_decision(history_file("told-in-a-test"), entry)
    tell_history("told-in-a-test")
    assert capsys.readouterr().out == f"{told(entry)}\n"
