"""Pipelines for an orchestrator that must know every step before the first one runs, as Kubeflow Pipelines does.

A pipeline of this project is a function that starts its steps one after the other, and may look at what one of them
gave. The same function is run here once, without any step being run: ZenML notes the steps and what they hand on.
"""

import datetime
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from typing_extensions import TypedDict
from zenml.client import Client
from zenml.pipelines.pipeline_definition import Pipeline
from zenml.steps.entrypoint_function_utils import StepArtifact

from medimage.errors import MedimageError, StackError


class Condition(TypedDict):
    """What a step is run under, as it travels with the step.

    Attributes:
        step: The step whose output decides, by its name within the run.
        output: That output.
        decision: What is to be true of it, by its name in `pipelines.decisions`.
    """

    step: str
    output: str
    decision: str


_conditions: ContextVar[list[Condition] | None] = ContextVar("conditions", default=None)
"""What the steps that are noted from now on are run under; None where steps are run as they are called."""

CANNOT: Final = {
    "retrain": "it looks at new images and at the decision before it knows its steps",
}
"""Pipelines that have no static form, and why."""


def fitting_form(pipeline: Any) -> Any:
    """Returns a pipeline as the active stack's orchestrator takes it.

    Args:
        pipeline: A dynamic pipeline.

    Raises:
        StackError: If the orchestrator takes static ones only, and this one cannot be.
    """
    if Client().active_stack.orchestrator.supports_dynamic_pipelines:
        return pipeline
    require_static_form(pipeline.name)
    return StaticPipeline.of(pipeline)


def require_static_form(name: str) -> None:
    """Does nothing where all steps of a pipeline can be known before the first one.

    Args:
        name: Name of the pipeline.

    Raises:
        StackError: Where they cannot.
    """
    reason = CANNOT.get(name)
    if reason is not None:
        raise StackError(
            f"The pipeline {name} cannot be run in Kubeflow, which must know all steps before the first one: "
            f"{reason}. Run it on the local stack or on a Kubernetes one: python -m pipelines.register_stack --stack "
            "configs/stacks/local.yaml."
        )


_instead_of_running: ContextVar[Callable[[Any], None] | None] = ContextVar("instead_of_running", default=None)


class NotRunError(MedimageError):
    """A pipeline was written down and not run, so that there is no run to tell of."""


@contextmanager
def written_down(write: Callable[[Any], None]) -> Iterator[None]:
    """Lets static pipelines be written down in place of being run, while the block runs.

    Args:
        write: Takes ZenML's snapshot of the pipeline.
    """
    token = _instead_of_running.set(write)
    try:
        yield
    finally:
        _instead_of_running.reset(token)


class StaticPipeline(Pipeline):
    """A pipeline whose steps are all known before the first one runs."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Notes the steps, and runs them.

        Args:
            *arguments: Arguments of the pipeline.
            **named: The same by name.

        Raises:
            NotRunError: If the pipeline was to be written down in place of being run.
        """
        write = _instead_of_running.get()
        if write is None:
            return super().__call__(*arguments, **named)
        self.prepare(*arguments, **named)
        write(self.create_snapshot(name=f"{self.name}-{datetime.datetime.now(tz=datetime.UTC):%Y_%m_%d-%H_%M_%S_%f}"))
        raise NotRunError(f"The pipeline {self.name} was written down and not run.")

    @classmethod
    def of(cls, pipeline: Any) -> "StaticPipeline":
        """Returns the static form of a dynamic pipeline.

        Args:
            pipeline: The dynamic one.
        """

        @functools.wraps(pipeline.entrypoint)
        def note_steps(*arguments: Any, **named: Any) -> Any:
            with _noting():
                return pipeline.entrypoint(*arguments, **named)

        return cls(name=pipeline.name, entrypoint=note_steps, enable_cache=pipeline.enable_cache)


@contextmanager
def _noting() -> Iterator[None]:
    token = _conditions.set([])
    try:
        yield
    finally:
        _conditions.reset(token)


def is_static() -> bool:
    """Returns whether steps are being noted and not run."""
    return _conditions.get() is not None


def current_conditions() -> list[Condition]:
    """Returns what a step that is noted now is run under; nothing where steps are run as they are called."""
    return list(_conditions.get() or [])


def add_condition(artifact: StepArtifact, decision: str) -> None:
    """Lets all steps that are noted from now on be run under one more condition.

    Args:
        artifact: The output that decides.
        decision: What is to be true of it, by its name in `pipelines.decisions`.

    Raises:
        ValueError: If steps are run as they are called.
    """
    noted = _conditions.get()
    if noted is None:
        raise ValueError("Expected steps that are noted, but they are run as they are called")
    noted.append(Condition(step=artifact.invocation_id, output=artifact.output_name, decision=decision))


def require_dynamic(what: str, *, advice: str) -> None:
    """Does nothing where steps are run as they are called.

    Args:
        what: The setting that needs a look at what a step gave.
        advice: What to do in place of it.

    Raises:
        StackError: Where they are noted.
    """
    if is_static():
        raise StackError(
            f"{what} needs a look at what a step gave before the next ones are known, and Kubeflow must know all steps "
            f"before the first one: {advice}."
        )
