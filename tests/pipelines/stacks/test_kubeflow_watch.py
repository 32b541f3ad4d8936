"""A run in Kubeflow that is waited for: its end is told, and an API that is lost meanwhile keeps nobody waiting."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.models import PipelineRunResponse

from medimage.errors import StackError
from pipelines.stacks.kubeflow import watch
from pipelines.stacks.kubeflow.api import open_client
from tests.support.active_stack import active_stack, begun_run, kubeflow_definition
from tests.support.kubeflow_api import Kubeflow, kubeflow_api
from tests.support.kubeflow_runner import KubeflowRun
from tests.support.small_pipelines import finishing_pipeline

pytestmark = pytest.mark.timeout(60)

RUN = "run-of-kubeflow"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipelineRunResponse]:
    """A run that ZenML takes for one that goes on in Kubeflow."""
    definition = kubeflow_definition(
        tmp_path_factory.mktemp("stack"), name="watched", host="http://127.0.0.1:9/pipeline"
    )
    with active_stack(definition):
        yield begun_run(finishing_pipeline, name="watched-run")


@pytest.fixture
def kubeflow(tmp_path: Path) -> Kubeflow:
    going_on = KubeflowRun(
        name="run", pipeline={}, platform={}, folder=tmp_path, environment={}, secrets={}, state="RUNNING"
    )
    return Kubeflow(folder=tmp_path, token="a-token", runs={RUN: going_on})


@pytest.fixture
def client(kubeflow: Kubeflow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Kubeflow's own client, logged in, and a watch that looks more often than one of hours."""
    monkeypatch.setattr(watch, "_SECONDS", 0.02)
    with kubeflow_api(kubeflow) as host:
        yield open_client(host, token="a-token", cookie=None, ca_certificate=None, namespace="imaging")
        kubeflow.is_silent = False


def wait(client: Any, run: PipelineRunResponse) -> None:
    watch.wait_for_end(client, RUN, zenml_run=run.id, host="http://kubeflow/pipeline", steps=["finish"])


def told_of(client: Any, run: PipelineRunResponse) -> str:
    with pytest.raises(StackError) as caught:
        wait(client, run)
    return str(caught.value)


def status(run: PipelineRunResponse) -> ExecutionStatus:
    return Client().get_pipeline_run(run.id).status


def later(seconds: float, kubeflow: Kubeflow, **attributes: Any) -> None:
    """Gives Kubeflow other attributes after a while, and lets the run end well."""

    def change() -> None:
        for name, value in attributes.items():
            setattr(kubeflow, name, value)
        kubeflow.runs[RUN].state = "SUCCEEDED"

    threading.Timer(seconds, change).start()


@pytest.mark.parametrize(
    ("trouble", "well"), [({"is_away": True}, {"is_away": False}), ({"fails_with": 503}, {"fails_with": 0})]
)
def test_an_api_that_is_away_for_a_while_is_asked_again(
    kubeflow: Kubeflow,
    client: Any,
    run: PipelineRunResponse,
    trouble: dict[str, Any],
    well: dict[str, Any],
) -> None:
    for name, value in trouble.items():
        setattr(kubeflow, name, value)
    later(0.5, kubeflow, **well)
    wait(client, run)
    assert status(run) == ExecutionStatus.RUNNING


@pytest.mark.parametrize("trouble", [{"is_away": True}, {"is_silent": True}, {"fails_with": 503}])
def test_an_api_that_stays_away_ends_the_command_and_not_the_run(
    kubeflow: Kubeflow,
    client: Any,
    run: PipelineRunResponse,
    monkeypatch: pytest.MonkeyPatch,
    trouble: dict[str, Any],
) -> None:
    monkeypatch.setattr(watch, "_PATIENCE", 0.5)
    monkeypatch.setattr(watch, "_TIMES_OUT", (0.1, 0.1))
    for name, value in trouble.items():
        setattr(kubeflow, name, value)
    told = told_of(client, run)
    assert "503" in told if "fails_with" in trouble else "does not answer" in told
    assert f"The run {RUN} goes on there: http://kubeflow/pipeline/#/runs/details/{RUN}" in told
    assert status(run) == ExecutionStatus.RUNNING


@pytest.mark.parametrize("trouble", [{"token": "another"}, {"fails_with": 403}, {"sends_to_login": True}])
def test_a_login_that_expires_while_a_run_goes_on_ends_the_command_at_once_with_the_way_to_renew_it(
    kubeflow: Kubeflow, client: Any, run: PipelineRunResponse, trouble: dict[str, Any]
) -> None:
    for name, value in trouble.items():
        setattr(kubeflow, name, value)
    told = told_of(client, run)
    assert "expired" in told
    assert "zenml secret update" in told
    assert f"The run {RUN} goes on there" in told
    assert "a-token" not in told
    assert status(run) == ExecutionStatus.RUNNING


def test_a_run_that_somebody_ends_in_kubeflow_is_told_as_such_and_over_for_zenml_as_well(
    kubeflow: Kubeflow, client: Any, run: PipelineRunResponse
) -> None:
    kubeflow.runs[RUN].state = "CANCELED"
    told = told_of(client, run)
    assert "was ended in Kubeflow by somebody" in told
    assert f"/#/runs/details/{RUN}" in told
    assert "finished steps are kept" in told
    assert status(run).is_finished
