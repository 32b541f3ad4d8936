"""Runs whose process was killed: nobody is left who would tell ZenML that they are over."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from zenml.client import Client
from zenml.enums import ExecutionStatus, StackComponentType
from zenml.models import PipelineRunResponse, PipelineRunUpdate, StepRunUpdate
from zenml.utils.pagination_utils import depaginate

from medimage.file_lock import lock_together
from medimage.workspace_use import workspace_in_use
from pipelines.zenml_database import settings_folder

logger = logging.getLogger(__name__)

_REASON = "The process of the run was killed"
_UNFINISHED = f"oneof:{[status.value for status in ExecutionStatus if not status.is_finished]}".replace("'", '"')


@contextmanager
def run_under_way() -> Iterator[None]:
    """Tells other commands in the workspace that a run is under way here, while the block runs.

    Runs that ZenML takes for unfinished are given their final status first, where nobody else has a run under way. The
    system gives the lock up when a process is killed, so that the next one knows. Where ZenML's database is not that of
    the workspace, or the file system has no locks, others may have runs that nobody here knows of, and none is given
    a status. Nothing in the workspace is cleaned away or replaced meanwhile.
    """
    with ExitStack() as held:
        held.enter_context(workspace_in_use())
        if not os.environ.get("ZENML_STORE_URL"):
            held.enter_context(lock_together(settings_folder() / "runs.lock", alone=_end_unfinished_runs))
        yield


def end_killed_runs() -> None:
    """Gives runs whose process was killed their final status, where none is under way in the workspace."""
    with run_under_way():
        pass


def _end_unfinished_runs() -> None:
    try:
        client = Client()
        for run in depaginate(client.list_pipeline_runs, status=_UNFINISHED, hydrate=True):
            if _runs_here(run):
                _end(client, run)
                logger.warning("The run %s was killed before it ended: marked as failed", run.name)
    except Exception as error:
        # How earlier runs are shown is no reason to stop a new one.
        logger.warning("Runs whose process was killed may be shown as running: %s", error)


def _runs_here(run: PipelineRunResponse) -> bool:
    orchestrators = run.stack.components.get(StackComponentType.ORCHESTRATOR, []) if run.stack else []
    return [orchestrator.flavor_name for orchestrator in orchestrators] == ["local"]


def _end(client: Client, run: PipelineRunResponse) -> None:
    for step in run.steps.values():
        if not step.status.is_finished:
            client.zen_store.update_run_step(step.id, StepRunUpdate(status=ExecutionStatus.FAILED))
    client.zen_store.update_run(run.id, PipelineRunUpdate(status=ExecutionStatus.FAILED, status_reason=_REASON))
