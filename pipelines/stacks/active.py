"""What the active stack gives to steps and runs, where it was registered from a definition."""

import os
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from zenml.client import Client
from zenml.config.retry_config import StepRetryConfig
from zenml.enums import StepRuntime

from medimage.config.stack.loading import stack_from_json
from medimage.config.stack.stack import StackConfig
from medimage.errors import StackError
from medimage.workspace import local_tracking_uri
from pipelines.stacks.pod_settings import step_settings
from pipelines.stacks.steps_apart import steps_run_apart
from pipelines.static_form import current_conditions

DEFINITION_LABEL: Final = "medimage-definition"
"""Label of a stack with its definition, so that every command and pod that uses the stack finds it."""

_known: dict[UUID, StackConfig | None] = {}


def active_definition() -> StackConfig | None:
    """Returns the definition that the active stack was registered from; None for a stack from elsewhere.

    Raises:
        StackError: If it is that of another version of this project.
    """
    stack = Client().active_stack_model
    if stack.id not in _known:
        text = (stack.labels or {}).get(DEFINITION_LABEL)
        try:
            _known[stack.id] = None if text is None else stack_from_json(text)
        except ValidationError as error:
            raise StackError(
                f"The stack {stack.name} was registered by another version of medimage, whose definition this one "
                "cannot read. Register it again: python -m pipelines.register_stack --stack FILE."
            ) from error
    return _known[stack.id]


def step_options(step: str) -> dict[str, Any]:
    """Returns what a step is to be configured with on the active stack; nothing where steps share one process.

    Nothing of it belongs to the step's cache key.

    Args:
        step: Name of the step, without its fold or candidate.
    """
    stack = active_definition()
    if stack is None or stack.kind == "local":
        return {}
    needs = stack.steps.needs_of(step)
    retry = {"retry": StepRetryConfig(max_retries=needs.retries)} if needs.retries else {}
    if stack.kubernetes is None:
        asked = {"needs": needs.model_dump(mode="json", exclude_none=True), "only_where": current_conditions()}
        return {**retry, "settings": {"orchestrator": asked}}
    return {
        **retry,
        "runtime": StepRuntime.ISOLATED if needs.apart else StepRuntime.INLINE,
        "settings": {"orchestrator": step_settings(needs, stack.kubernetes)},
    }


def stack_options() -> dict[str, Any]:
    """Returns what a pipeline is to be configured with on the active stack: the image of its pods, and their watch."""
    stack = active_definition()
    if stack is None or stack.image is None:
        return {}
    # The image has the code that the evidence names; ZenML would upload this whole folder and lay it over that.
    without_code = ("allow_download_from_artifact_store", "allow_download_from_code_repository")
    docker = {"parent_image": stack.image.name, "skip_build": True, **dict.fromkeys(without_code, False)}
    # By its name, because that module imports this one.
    watch = {} if stack.kubernetes is None else {"on_start": "pipelines.stacks.pod_watch.watch_pods"}
    return {"settings": {"docker": docker}, **watch}


def runs_elsewhere() -> bool:
    """Returns whether steps of the active stack are run on other machines than this one."""
    stack = active_definition()
    return (stack is not None and stack.kind != "local") or steps_run_apart()


def follow_tracking() -> None:
    """Lets this process use the MLflow server of the active stack's pods, unless the user has named another one.

    Champions would else be looked for in the database of the workspace, which no pod has ever written to.
    """
    stack = active_definition()
    if stack is None or stack.tracking is None:
        return
    if os.environ.get("MLFLOW_TRACKING_URI") == local_tracking_uri():
        os.environ["MLFLOW_TRACKING_URI"] = stack.tracking.uri
