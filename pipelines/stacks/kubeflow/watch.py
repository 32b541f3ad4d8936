"""Waits for a run in Kubeflow, and tells why it failed."""

import logging
import time
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.models import PipelineRunResponse, PipelineRunUpdate, StepRunUpdate
from zenml.utils.exception_utils import reconstruct_exception

from medimage.errors import MedimageError, StackError
from medimage.hidden_credentials import hide_credentials
from pipelines.stacks.failed_run import told_exception
from pipelines.stacks.kubeflow.api import LoginRefusedError, api_errors_told, require_run

logger = logging.getLogger(__name__)

_SECONDS: Final = 3.0
"""Between two looks."""

_PATIENCE: Final = 300.0
"""Seconds for which the API may be away while a run is waited for."""

_TIMES_OUT: Final = (20.0, 60.0)
"""Seconds to wait for a connection, and for an answer."""

_SUCCEEDED, _CANCELED = "SUCCEEDED", "CANCELED"
_ENDED: Final = (_SUCCEEDED, "FAILED", _CANCELED, "SKIPPED")

_IMAGE = "look whether the image was pushed, and whether kubeflow.image_pull_secrets names a login of its registry"

_HINTS: Final = {
    "OOMKilled": "it took more memory than its limit: give the step more in the stack's file, or lower "
    "training.batch_size",
    "exit code 137": "it was killed, most often for its memory: give the step more in the stack's file, or lower "
    "training.batch_size",
    "DeadlineExceeded": "it took longer than run_minutes of the stack's file",
    "longer than the specified deadline": "it took longer than run_minutes of the stack's file",
    "ImagePullBackOff": _IMAGE,
    "ErrImagePull": _IMAGE,
    "Insufficient": "no node has what the step asks for",
}
"""What to do, by a part of Kubeflow's words."""


def wait_for_end(client: Any, run_id: str, *, zenml_run: UUID, host: str, steps: Collection[str]) -> None:
    """Waits until a run is over, however long it takes.

    Args:
        client: Kubeflow's client.
        run_id: Its id of the run.
        zenml_run: ZenML's id of the run.
        host: Address of the API.
        steps: Names of the steps.

    Raises:
        MedimageError: If the run failed: what a step told, or what Kubeflow does.
        StackError: If the API refuses the login now, or has been away for too long. The run goes on then.
    """
    ended = _ended_run(client, run_id, host=host)
    if ended.state != _SUCCEEDED:
        raise _failure(ended, _closed(zenml_run), host=host, steps=steps)


def _ended_run(client: Any, run_id: str, *, host: str) -> Any:
    seen = time.monotonic()
    while True:
        try:
            with api_errors_told(host, doing="tell of the run"):
                # kfp's own call waits for ever for an answer that a lost connection never brings.
                found = client._run_api.run_service_get_run(run_id=run_id, _request_timeout=_TIMES_OUT)
            require_run(found, run_id, host=host)
        except StackError as error:
            if time.monotonic() - seen > _PATIENCE or isinstance(error, LoginRefusedError):
                raise StackError(f"{error} The run {run_id} goes on there: {_link(host, run_id)}") from error
            logger.warning("%s It is asked again.", error)
        else:
            seen = time.monotonic()
            if found.state in _ENDED:
                return found
        time.sleep(_SECONDS)


def _closed(run_id: UUID) -> PipelineRunResponse:
    """Gives a run and its steps their final status: nobody else tells ZenML of a pod that died without a word."""
    client = Client()
    run = client.get_pipeline_run(run_id)
    for step in run.steps.values():
        if not step.status.is_finished:
            # Not FAILED, which the server notes as RETRYING while the step has tries left.
            client.zen_store.update_run_step(step.id, StepRunUpdate(status=ExecutionStatus.STOPPED))
    if not run.status.is_finished:
        client.zen_store.update_run(run.id, PipelineRunUpdate(status=ExecutionStatus.FAILED))
    return client.get_pipeline_run(run_id)


def _failure(ended: Any, run: PipelineRunResponse, *, host: str, steps: Collection[str]) -> MedimageError:
    link = _link(host, ended.run_id)
    if ended.state == _CANCELED:
        return StackError(
            f"The run {run.name} was ended in Kubeflow by somebody: {link}. Its finished steps are kept: start the "
            "same command again to go on after them."
        )
    bad = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)
    failed = {name: step for name, step in run.steps.items() if step.status in bad}
    for step in failed.values():
        error = reconstruct_exception(step.exception_info, "")
        if isinstance(error, MedimageError) and str(error):
            return error
    troubles = {name: words for name, words in _troubles(ended).items() if name in steps}
    told = {
        **{name: told_exception(step.exception_info) for name, step in failed.items()},
        **{name: words for name, words in troubles.items() if name not in failed or not failed[name].exception_info},
    }
    if told:
        lines = "; ".join(f"{name}: {words}" for name, words in told.items())
        return StackError(f"The run {run.name} failed in Kubeflow. {lines}. Its pods: {link}")
    words = getattr(ended.error, "message", None) or "it gives no reason"
    return StackError(
        f"The run {run.name} failed in Kubeflow before any of its steps did: {_line(words)}. Look at it there: {link}"
    )


def _troubles(ended: Any) -> dict[str, str]:
    """Returns what Kubeflow tells of its tasks that failed, by their names."""
    details = getattr(ended.run_details, "task_details", None) or []
    told = {}
    for each in details:
        words = getattr(each.error, "message", None)
        if each.state == "FAILED" and words:
            hint = next((hint for part, hint in _HINTS.items() if part in words), None)
            told[each.display_name] = _line(words) + (f" ({hint})" if hint else "")
    return told


def _link(host: str, run_id: str) -> str:
    return f"{host.rstrip('/')}/#/runs/details/{run_id}"


def _line(words: str) -> str:
    return hide_credentials(" ".join(words.split()))[:600]
