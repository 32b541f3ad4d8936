"""A stack of a cluster that this process uses for a while, and runs on it as they stand while their commands wait."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.models import PipelineRunRequest, PipelineRunResponse

from medimage.config.stack.loading import load_stack
from medimage.config.stack.stack import StackConfig
from pipelines.stacks.active import stack_options
from pipelines.stacks.register import register_stack
from pipelines.static_form import fitting_form
from tests.support.stack_definitions import changed_definition

_NOTHING_SECRET: Mapping[str, Any] = {"secrets": ..., "artifact_store.key": ..., "artifact_store.secret": ...}


def kubeflow_definition(folder: Path, *, name: str, host: str) -> StackConfig:
    """Returns the definition that ships for Kubeflow, of a Kubeflow that asks for no login."""
    own = {"name": name, "kubeflow.host": host, "kubeflow.token": ...}
    return load_stack(changed_definition(folder, "kubeflow", {**_NOTHING_SECRET, **own}))


def kubernetes_definition(folder: Path, *, name: str, **changes: Any) -> StackConfig:
    """Returns the definition that ships for Kubernetes, with other values by section."""
    return load_stack(changed_definition(folder, "kubernetes", {**_NOTHING_SECRET, "name": name, **changes}))


@contextmanager
def active_stack(definition: StackConfig) -> Iterator[StackConfig]:
    """Registers a definition, without a look at what it names, and makes it the active one meanwhile."""
    client = Client()
    before = client.active_stack_model.name
    for _ in register_stack(definition):
        pass
    client.activate_stack(definition.name)
    try:
        yield definition
    finally:
        client.activate_stack(before)


def begun_run(pipeline: Any, *, name: str, **arguments: Any) -> PipelineRunResponse:
    """Returns a run on the active stack that ZenML knows of, and that nothing runs.

    Args:
        pipeline: The pipeline.
        name: Name of the run.
        **arguments: Those of the pipeline.
    """
    fitting = fitting_form(pipeline).with_options(**stack_options())
    fitting.prepare(**arguments)
    snapshot = fitting.create_snapshot(name=name)
    asked = PipelineRunRequest(
        name=name, project=snapshot.project_id, snapshot=snapshot.id, status=ExecutionStatus.RUNNING
    )
    run, _ = Client().zen_store.get_or_create_run(asked)
    return run
