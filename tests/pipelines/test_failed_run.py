import json
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.support.commands import environment

RECORD = """
import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()
import json, sys
from pathlib import Path
from types import SimpleNamespace
from pipelines.failed_run import record_failure
from pipelines.run_outcome import OutcomeSteps
from tests.support.small_pipelines import finishing_pipeline
finishing_pipeline.with_options(run_name="another")()
steps = OutcomeSteps(
    split="finish", data_hash=lambda run: "hash of " + run.name, gate="finish",
    evaluate="absent", report="absent", export="absent", promote="absent",
)
settings = SimpleNamespace(experiment="none", config_hash="c", registered_name="m")
for name in ("never started", "another"):
    error = ValueError("what ended it")
    record_failure(error, steps=steps, settings=settings, run_name=name, summary=Path(sys.argv[1], name))
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The summaries of a run that was never started and of one that was, and what was told."""
    home = tmp_path_factory.mktemp("home")
    finished = subprocess.run(
        [sys.executable, "-c", RECORD, str(home)],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    unstarted, started = (json.loads((home / name).read_text()) for name in ("never started", "another"))
    return unstarted, started, finished.stdout + finished.stderr


def test_a_failure_before_the_start_is_not_told_of_a_run_of_somebody_else(
    recorded: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    unstarted, _, _ = recorded
    assert (unstarted["run_id"], unstarted["steps"], unstarted["data_hash"]) == (None, {}, None)
    assert unstarted["error"] == "what ended it"


def test_what_cannot_be_read_after_a_failure_does_not_hide_it(
    recorded: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    _, started, told = recorded
    # The step has no output of the name that a gate has.
    assert "What the step finish had found out cannot be told" in told
    assert (started["verdict"], started["error"]) == (None, "what ended it")
    assert started["steps"]["finish"]["status"] == "completed"
