import platform
import subprocess
import sys

import pytest
from mlflow import MlflowClient

from medimage.registry.experiment_log import ExperimentLog
from medimage.registry.runs import PROCESS_TAG


def dead_process() -> int:
    """Returns the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def begun_by(owner: str | None, *, run_id: str) -> str:
    log = ExperimentLog.open(experiment="lung", run_id=run_id)
    if owner is None:
        MlflowClient().delete_tag(log.mlflow_run_id, PROCESS_TAG)
    else:
        log.set_tags({PROCESS_TAG: owner})
    return log.mlflow_run_id


def status(mlflow_run_id: str) -> str:
    return MlflowClient().get_run(mlflow_run_id).info.status


@pytest.mark.usefixtures("database")
def test_a_later_run_ends_those_whose_process_was_killed() -> None:
    killed = begun_by(f"{platform.node()}.{dead_process()}.", run_id="killed")
    alive = begun_by(f"{platform.node()}.{1}.", run_id="alive")
    elsewhere = begun_by(f"elsewhere.{dead_process()}.", run_id="elsewhere")
    older = begun_by(None, run_id="of an older version")
    finished = begun_by(f"{platform.node()}.{dead_process()}.", run_id="finished")
    MlflowClient().set_terminated(finished, "FINISHED")
    mine = ExperimentLog.open(experiment="lung", run_id="mine").mlflow_run_id
    assert status(killed) == "KILLED"
    assert status(finished) == "FINISHED"
    assert [status(each) for each in (alive, elsewhere, older, mine)] == ["RUNNING"] * 4


@pytest.mark.usefixtures("database")
def test_a_run_that_another_step_goes_on_with_is_not_ended() -> None:
    first = begun_by(f"{platform.node()}.{dead_process()}.", run_id="mine")
    assert ExperimentLog.open(experiment="lung", run_id="mine").mlflow_run_id == first
    assert status(first) == "RUNNING"
