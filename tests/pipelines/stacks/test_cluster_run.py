"""A command that ends before its run in a cluster does: what is told of the run, also where nobody can ask for it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import requests
from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.exceptions import RunInterruptedException
from zenml.models import PipelineRunResponse, PipelineRunUpdate

from medimage.config.stack.loading import load_stack
from medimage.errors import StackError
from pipelines import run_snapshot
from pipelines.failed_run import record_failure
from pipelines.training_run import start_run
from tests.support.active_stack import active_stack, begun_run, kubeflow_definition, kubernetes_definition
from tests.support.small_pipelines import finishing_pipeline
from tests.support.stack_definitions import STACKS

HOST = "http://kubeflow.example.org/pipeline"


@pytest.fixture(scope="module", params=["kubeflow", "kubernetes"])
def begun(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PipelineRunResponse, str]]:
    """A run that goes on, and how a person ends it."""
    folder, kind = tmp_path_factory.mktemp("stack"), request.param
    definition = (
        kubeflow_definition(folder, name="left-in-kubeflow", host=HOST)
        if kind == "kubeflow"
        else kubernetes_definition(folder, name="left-in-kubernetes")
    )
    with active_stack(definition):
        run = begun_run(finishing_pipeline, name=f"left-in-{kind}")
        yield run, f"in Kubeflow's pages, {HOST}" if kind == "kubeflow" else "with zenml pipeline runs stop "


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def start() -> NoReturn:
        raise error

    return start


def interrupted(run_name: str, error: BaseException | None = None) -> str:
    with pytest.raises(KeyboardInterrupt) as caught:
        start_run(raising(error or KeyboardInterrupt("ZenML's own words")), run_name=run_name)
    return str(caught.value)


@pytest.fixture
def server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise requests.ConnectionError("connection refused")

    monkeypatch.setattr(run_snapshot, "Client", refuse)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RunInterruptedException("asked to end")])
def test_an_interruption_says_that_the_run_goes_on_and_how_to_end_it(
    begun: tuple[PipelineRunResponse, str], error: BaseException
) -> None:
    run, way = begun
    told = interrupted(run.name, error)
    assert f"the run {run.name} goes on in the cluster, and only this command has ended" in told
    assert f"The run itself is ended {way}" in told
    assert (str(run.id) in told) == ("runs stop" in way)
    assert Client().get_pipeline_run(run.id).status == ExecutionStatus.RUNNING


@pytest.mark.usefixtures("server_is_away")
def test_an_interruption_says_so_while_zenml_s_server_is_away_as_well(begun: tuple[PipelineRunResponse, str]) -> None:
    run, way = begun
    told = interrupted(run.name)
    assert "ZenML's server does not answer now" in told
    assert f"if the run {run.name} was begun, it goes on in the cluster" in told
    assert f"The run itself is ended {way}" in told
    assert run.name in told.partition("runs stop")[2] or "Kubeflow" in way


def test_an_interruption_before_the_begin_of_a_run_is_one_as_any_other(begun: tuple[PipelineRunResponse, str]) -> None:
    assert begun
    assert interrupted("never-begun") == ""


@pytest.mark.usefixtures("server_is_away")
def test_an_interrupted_run_of_this_machine_does_not_go_on_anywhere() -> None:
    with active_stack(load_stack(STACKS / "local.yaml")):
        assert interrupted("a-run-of-this-machine") == ""


@pytest.mark.usefixtures("server_is_away")
def test_a_server_that_is_lost_while_a_run_goes_on_is_told_as_such(begun: tuple[PipelineRunResponse, str]) -> None:
    run, _ = begun
    with pytest.raises(StackError) as caught:
        start_run(raising(requests.ConnectionError("connection refused")), run_name=run.name)
    told = str(caught.value)
    assert "ZenML's server does not answer" in told
    assert f"the run {run.name} stands. If it was begun, it goes on in the cluster" in told


@pytest.mark.usefixtures("server_is_away")
def test_what_ended_a_run_is_written_down_while_zenml_s_server_is_away(
    begun: tuple[PipelineRunResponse, str], tmp_path: Path
) -> None:
    run, _ = begun
    settings: Any = SimpleNamespace(experiment="none", config_hash="c", registered_name="m")
    summary = tmp_path / "summary.json"
    record_failure(ValueError("what ended it"), steps=None, settings=settings, run_name=run.name, summary=summary)
    assert json.loads(summary.read_text())["error"] == "what ended it"


def test_an_interruption_after_the_end_of_a_run_is_one_as_any_other(begun: tuple[PipelineRunResponse, str]) -> None:
    run, _ = begun
    Client().zen_store.update_run(run.id, PipelineRunUpdate(status=ExecutionStatus.FAILED))
    assert interrupted(run.name) == ""
