"""A step with its settings."""

from typing import Any

from pydantic import BaseModel
from zenml.steps import BaseStep

from pipelines.stacks.active import step_options


def bind(step: BaseStep, **parameters: Any) -> BaseStep:
    """Returns the step with settings as parameters, so that its call names artifacts only, and what the stack gives.

    In a dynamic pipeline, a plain value given in the call would be stored as an artifact of its own; as a parameter it
    is shown with the step and belongs to its cache key.

    Args:
        step: The step.
        **parameters: Settings by argument name.
    """
    values = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for name, value in parameters.items()
    }
    return step.with_options(parameters=values, **step_options(step.name))
