"""Steps that a decision leaves out: they are noted as skipped, so that ZenML knows when a run is over."""

import logging
from collections.abc import Mapping
from typing import Any

from zenml.client import Client
from zenml.enums import ExecutionStatus
from zenml.exceptions import EntityExistsError
from zenml.models import PipelineRunResponse, StepRunRequest
from zenml.utils.time_utils import utc_now

from pipelines.decisions import DECISIONS
from pipelines.run_files import has_ended, load_output
from pipelines.run_snapshot import RunSnapshot
from pipelines.static_form import Condition

logger = logging.getLogger(__name__)


def conditions_of(step: Any) -> list[Condition]:
    """Returns what a step is run under.

    Args:
        step: ZenML's configuration of it.
    """
    settings: Any = Client().active_stack.orchestrator.get_settings(step)
    return list(settings.only_where)


def decided(run: RunSnapshot, condition: Condition) -> bool | None:
    """Returns what was decided; None where the step that decides is not over.

    Args:
        run: The run.
        condition: What is asked.
    """
    step = run.steps.get(condition["step"])
    if step is None:
        return None
    if step.status == ExecutionStatus.SKIPPED:
        return False
    if not has_ended(run, condition["step"]):
        return None
    return DECISIONS[condition["decision"]](load_output(run, condition["step"], condition["output"]))


def steps_left_out(run: RunSnapshot, steps: Mapping[str, Any]) -> list[str]:
    """Returns the steps that decisions leave out, as far as they have been made.

    Args:
        run: The run.
        steps: All steps of the pipeline by name.
    """
    answers: dict[tuple[str, str], bool | None] = {}
    left_out = []
    for name, step in steps.items():
        for condition in conditions_of(step):
            key = (condition["step"], condition["decision"])
            if key not in answers:
                answers[key] = decided(run, condition)
            if answers[key] is False:
                left_out.append(name)
                break
    return left_out


def note_skipped_steps(run: RunSnapshot, steps: Mapping[str, Any]) -> list[str]:
    """Notes the steps that decisions leave out as skipped, as far as those before them are noted, and returns all.

    ZenML takes a step only after its parents, so that the last step that is run notes the last ones.

    Args:
        run: The run.
        steps: All steps of the pipeline by name, each after those that it needs.
    """
    noted, left_out = set(run.steps), steps_left_out(run, steps)
    for name in left_out:
        if name not in noted and noted.issuperset(steps[name].spec.upstream_steps):
            _note(run.response, name)
            noted.add(name)
    return left_out


def _note(run: PipelineRunResponse, name: str) -> None:
    now = utc_now()
    request = StepRunRequest(
        name=name,
        project=run.project_id,
        pipeline_run_id=run.id,
        status=ExecutionStatus.SKIPPED,
        start_time=now,
        end_time=now,
    )
    try:
        Client().zen_store.create_run_step(request)
    except EntityExistsError:
        logger.debug("The step %s was noted as skipped by another one", name)
