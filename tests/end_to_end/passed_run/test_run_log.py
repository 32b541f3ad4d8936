"""The log of a whole run."""

import json
from pathlib import Path

import pytest

from tests.support.commands import Finished

pytestmark = pytest.mark.end_to_end


def test_each_line_of_the_log_is_of_the_run_and_steps_name_themselves(first: Finished, home: Path) -> None:
    folder = Path(first.summary["report"]).parent
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert {line["run"] for line in lines} == {folder.name}
    assert {line["run_id"] for line in lines} <= {first.summary["run_id"], None}
    epochs = [line for line in lines if line["event"] == "epoch ended"]
    assert [(line["step"], line["epoch"]) for line in epochs] == [
        ("train_stage1", 1),
        ("train_stage2", 1),
        ("train_stage2", 2),
    ]
    assert all(line["run_id"] == first.summary["run_id"] for line in epochs)
    assert folder.is_relative_to(home)
