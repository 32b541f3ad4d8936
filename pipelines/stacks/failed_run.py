"""Why a run on a cluster failed, in words: nobody at the command has seen its processes."""

from typing import Final

import requests
from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.exceptions import StackValidationError
from zenml.models import PipelineRunResponse, PipelineRunUpdate, StepRunResponse
from zenml.models.v2.misc.exception_info import ExceptionInfo
from zenml.orchestrators import PipelineSubmissionError
from zenml.utils.exception_utils import reconstruct_exception

from medimage.config.stack.components import KubernetesConfig
from medimage.errors import MedimageError, StackError
from medimage.hidden_credentials import hide_credentials
from pipelines.run_snapshot import find_run
from pipelines.stacks.active import active_definition
from pipelines.stacks.pod_watch import LAST_WORDS, TROUBLES
from steps.branch import branch_of

_STORE_HINTS: Final = {
    "EndpointConnectionError": "the artifact store does not answer",
    "ConnectTimeoutError": "the artifact store does not answer",
    "ClientConnectorError": "the artifact store does not answer",
    "NoSuchBucket": "the bucket of the artifact store is gone",
    "NoCredentialsError": "the artifact store has no credentials in the pods",
    "InvalidAccessKeyId": "the artifact store refuses the key",
    "QuotaExceeded": "the artifact store is full",
    "XMinioStorageFull": "the artifact store is full",
    "No space left on device": "the artifact store, or the disk of the node, is full",
}
"""What stands behind an error of a step, by a part of its words."""


_SERVER_AWAY: Final = (requests.ConnectionError, requests.Timeout)
"""What ZenML raises where its server is away. Nothing else that a run on a cluster needs is asked in that way from the
machine of the command."""

_JOB_FAILED: Final = "Job `"
"""How ZenML begins to tell that the pod that starts the steps failed."""


def told_failure(error: Exception, *, run_name: str) -> Exception:
    """Returns what to tell a person of a run that ended with an error: on a cluster in one paragraph, else the error.

    Args:
        error: What the command ended with.
        run_name: ZenML's name of the run, which may not have been started.
    """
    stack = active_definition()
    if stack is None or stack.kind == "local" or isinstance(error, MedimageError):
        return error
    if isinstance(error, _SERVER_AWAY):
        return _server_away(error, run_name=run_name)
    if stack.kubernetes is None:
        return error
    try:
        run = find_run(run_name)
        return _of_run(error, None if run is None else run.response, cluster=stack.kubernetes)
    except _SERVER_AWAY as away:
        return _server_away(away, run_name=run_name)


def _of_run(error: Exception, run: PipelineRunResponse | None, *, cluster: KubernetesConfig) -> Exception:
    """Returns what to tell of a run in pods, or of one that was never begun."""
    if isinstance(error, StackValidationError):
        return StackError(" ".join(str(error).split()))
    if isinstance(error, PipelineSubmissionError):
        return StackError(f"The cluster refused the run: {_line(error)}")
    failed = [] if run is None else [step for step in run.steps.values() if step.status == ExecutionStatus.FAILED]
    return _of_steps(run, failed) if run is not None and failed else _of_cluster(error, run, cluster=cluster)


def _server_away(error: Exception, *, run_name: str) -> StackError:
    return StackError(
        f"ZenML's server does not answer ({type(error).__name__}), so that nobody can tell how the run {run_name} "
        "stands. If it was begun, it goes on in the cluster. Look whether the server runs and can be reached from here."
    )


def _of_cluster(error: Exception, run: PipelineRunResponse | None, *, cluster: KubernetesConfig) -> Exception:
    """Returns what to tell where no step failed."""
    if _is_of_connection(error):
        begun = "" if run is None else f" If it was begun, the run {run.name} goes on there."
        return StackError(
            f"Expected the cluster of the context {cluster.context} to answer but it does not "
            f"({type(error).__name__}: {_line(error)}). Look whether it runs and can be reached from here.{begun}"
        )
    if run is None or not str(error).startswith(_JOB_FAILED):
        return error
    if run.exception_info is not None:
        between = reconstruct_exception(run.exception_info, "")
        words = f"The run {run.name} failed in the cluster, between its steps. {told_exception(run.exception_info)}"
        return between if isinstance(between, MedimageError) else StackError(words)
    if not run.status.is_finished:
        # Its pod never began, or died, so that nobody else tells ZenML that the run is over.
        Client().zen_store.update_run(
            run.id, PipelineRunUpdate(status=ExecutionStatus.FAILED, status_reason=_line(error)[:200])
        )
    return StackError(
        f"The run {run.name} failed in the cluster before any of its steps did: {_line(error)}. Look at its pod with "
        f"kubectl --context {cluster.context} --namespace {cluster.namespace} describe pods "
        f"--selector run_id={run.id}: an image that cannot be pulled, too little memory and too little time are the "
        "usual reasons."
    )


def _of_steps(run: PipelineRunResponse, failed: list[StepRunResponse]) -> MedimageError:
    told, last_words = _noted(run, TROUBLES), _noted(run, LAST_WORDS)
    for step in failed:
        error = reconstruct_exception(step.exception_info, "")
        if isinstance(error, MedimageError) and str(error):
            # Of steps that there are several of, a person needs to know which one.
            return type(error)(f"{step.name}: {error}") if branch_of(step.name) else error
        if step.name not in told:
            words, info = last_words.get(step.name, ""), step.exception_info
            # A store that is away keeps the pod that starts the steps from beginning one.
            if info is None and not words and run.exception_info is not None and _hint(run.exception_info.traceback):
                info = run.exception_info
            told[step.name] = told_exception(info, last_words=words)
    lines = "; ".join(f"{step.name}: {told[step.name]}" for step in failed)
    return StackError(f"The run {run.name} failed in the cluster. {lines}")


def _noted(run: PipelineRunResponse, name: str) -> dict[str, str]:
    """Returns what the watch of the run's pods has written down, by step."""
    values = run.run_metadata.get(name)
    return {step: str(words) for step, words in values.items()} if isinstance(values, dict) else {}


def told_exception(info: ExceptionInfo | None, *, last_words: str = "") -> str:
    """Returns what a step failed with, in one line, with a hint where there is one.

    Args:
        info: What ZenML has noted of the error; None where it has noted nothing.
        last_words: What the step's pod said last, where that is known.
    """
    if info is None and last_words:
        return f"{last_words}{_hint(last_words)}"
    if info is None:
        return (
            "its pod ended without a word, killed or out of time. Look whether it needs more memory or run_minutes in "
            "the stack's file."
        )
    last = hide_credentials(" ".join((info.message or info.traceback.strip().splitlines()[-1]).split()))
    return f"{(info.source or 'error').rpartition('.')[2]}: {last}{_hint(info.traceback)}"


def _hint(text: str) -> str:
    words = next((hint for part, hint in _STORE_HINTS.items() if part in text), None)
    return "" if words is None else f" ({words}; finished steps are kept: mend it and start the same command again)"


def _is_of_connection(error: BaseException) -> bool:
    from kubernetes.config import ConfigException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, HTTPError | ConnectionError | ConfigException):
            return True
        chain = chain.__cause__ or chain.__context__
    return False


def _line(error: BaseException) -> str:
    return hide_credentials(" ".join(str(error).split()))
