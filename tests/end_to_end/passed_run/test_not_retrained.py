"""A champion that nothing speaks against is not trained again."""

from pathlib import Path

import pytest

from tests.support.commands import OPEN_GATE, TINY, Finished, run_pipeline

pytestmark = pytest.mark.end_to_end

REQUIRED = (*TINY, *OPEN_GATE, "--gate.champion.comparison", "require")


def test_a_new_champion_without_new_images_is_not_due_and_the_reasons_are_told(first: Finished, home: Path) -> None:
    name = first.summary["model"]["name"]
    finished = run_pipeline("retrain_pipeline", home, *REQUIRED, "--model", f"{name}@champion")
    assert finished.exit_code == 0, finished.errors[-3000:]
    decision = finished.summary["retraining"]["decision"]
    assert decision["verdict"] == "not_due"
    found = {reason["name"]: reason for reason in decision["reasons"]}
    assert found["new_images"]["numbers"]["unseen"] == 0
    assert found["age"]["numbers"]["days"] < 1
    assert not any(reason["holds"] for reason in decision["reasons"])
    assert finished.statuses() == {
        "download_dataset": "cached",
        "validate_dataset": "cached",
        "decide_retraining": "completed",
    }
    assert (finished.summary["verdict"], finished.summary["model"]["version"]) == (None, None)
    assert "is not trained again: no reason holds." in finished.output
    (line,) = (home / "retraining").glob("*.jsonl")
    assert line.read_text().count("\n") == 1
