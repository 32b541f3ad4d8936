"""A run that a cluster goes on with when the command that began it has ended."""

import logging

from zenml.models import PipelineRunResponse

from pipelines.run_snapshot import find_run
from pipelines.stacks.active import active_definition, runs_elsewhere

logger = logging.getLogger(__name__)


def told_interruption(*, run_name: str) -> str:
    """Returns what to tell a person who interrupts a command whose run goes on in a cluster; empty for any other.

    Args:
        run_name: ZenML's name of the run, which may not have been started.
    """
    stack, elsewhere = None, False
    try:
        stack, elsewhere = active_definition(), runs_elsewhere()
        run = find_run(run_name)
        if run is None or not goes_on(run.response):
            return ""
        identifier, begun = str(run.id), f"the run {run_name} goes on in the cluster, and only this command has ended."
    except Exception as error:  # ZenML's server may be away, which is no reason to end otherwise than was asked for.
        logger.warning("How the run %s stands cannot be told: %s", run_name, error)
        if not elsewhere:
            return ""
        identifier = run_name
        begun = (
            "only this command has ended. ZenML's server does not answer now; if the run "
            f"{run_name} was begun, it goes on in the cluster."
        )
    kubeflow = None if stack is None else stack.kubeflow
    # ZenML's own command would note the run as stopping, which Kubeflow hears nothing of.
    way = f"in Kubeflow's pages, {kubeflow.host}" if kubeflow else f"with zenml pipeline runs stop {identifier}"
    return f"{begun} The run itself is ended {way}; steps that had finished are kept."


def goes_on(run: PipelineRunResponse) -> bool:
    """Whether a run goes on without the command that began it.

    Args:
        run: The run, as it stands now.
    """
    return runs_elsewhere() and not run.status.is_finished
