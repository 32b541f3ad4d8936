"""A command that is interrupted while its run goes on in a stand-in for Kubeflow."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.support.kubeflow_stack import StoodInKubeflow
from tests.support.troubled_store import TroubledStore, troubled_store

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(900)]

COMMAND = "tests.support.kubeflow_command"


@pytest.fixture
def server(stood_in: StoodInKubeflow) -> Iterator[TroubledStore]:
    """ZenML's server, behind what can be gone without it."""
    with troubled_store(stood_in.variables["ZENML_STORE_URL"]) as server:
        yield server


def wait_until(is_so: Callable[[], bool]) -> None:
    """Waits, as long as the test may take."""
    while not is_so():
        time.sleep(0.5)


def trains(stood_in: StoodInKubeflow, runs: int) -> bool:
    """Whether the second step is under way in a run that was begun after so many."""
    return len(stood_in.kubeflow.runs) > runs and "train_stage2" in stood_in.kubeflow.last.pods


def interrupted(
    stood_in: StoodInKubeflow, number: int, variables: Mapping[str, str], log: Path, before: Callable[[], None]
) -> str:
    """Begins a run, interrupts its command while the second step is under way, and returns what is told."""
    runs = len(stood_in.kubeflow.runs)
    with log.open("w") as output:
        command = subprocess.Popen(
            [sys.executable, "-m", COMMAND, str(number), "yes", "no"],
            cwd=PROJECT,
            env=dict(variables),
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: command.poll() is not None or trains(stood_in, runs))
        before()
        command.send_signal(signal.SIGINT)
        assert command.wait(timeout=200) == 130, log.read_text()[-3000:]
    finally:
        command.kill()
        command.wait()
    told = log.read_text()
    assert "Traceback" not in told
    return told.partition("interrupted: ")[2]


def test_a_run_goes_on_without_the_command_that_is_interrupted(stood_in: StoodInKubeflow, tmp_path: Path) -> None:
    told = interrupted(stood_in, 20, stood_in.variables, tmp_path / "log", before=lambda: None)
    assert "goes on in the cluster, and only this command has ended" in told
    assert f"The run itself is ended in Kubeflow's pages, {stood_in.host}" in told
    last = stood_in.kubeflow.last
    wait_until(lambda: last.state not in ("PENDING", "RUNNING"))
    assert last.state == "SUCCEEDED"
    assert last.pods["package_bento"] == 1


def test_an_interruption_says_so_while_zenml_s_server_is_away_as_well(
    stood_in: StoodInKubeflow, server: TroubledStore, tmp_path: Path
) -> None:
    variables = {**stood_in.variables, "ZENML_STORE_URL": server.address}
    told = interrupted(stood_in, 21, variables, tmp_path / "log", before=server.be_gone)
    # Its pods have lost the server as well.
    stood_in.kubeflow.last.stop()
    assert "ZenML's server does not answer now" in told
    assert "it goes on in the cluster" in told
    assert f"The run itself is ended in Kubeflow's pages, {stood_in.host}" in told
