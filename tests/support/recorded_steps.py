"""Which steps a pipeline calls with which settings, without running any."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from zenml.config.step_configurations import PartialStepConfiguration
from zenml.steps import BaseStep


@dataclass(frozen=True)
class Output:
    """What a step that was not run would have given: one artifact, or two.

    Attributes:
        loaded: What a pipeline loads to decide by.
    """

    loaded: Any = None

    def load(self) -> Any:
        """Returns what was said that it holds."""
        return self.loaded

    def __iter__(self) -> Iterator["Output"]:
        return iter((self, self))


@contextmanager
def recorded_steps(**loaded: Any) -> Iterator[dict[str, PartialStepConfiguration]]:
    """Gives the configuration of every step that is called in the block, by its name within the run.

    Args:
        **loaded: Step → what its output holds where a pipeline loads it.
    """
    recorded: dict[str, PartialStepConfiguration] = {}

    def call(step: BaseStep, *_: Any, id: str | None = None, **__: Any) -> Output:  # noqa: A002
        recorded[id or step.name] = step.configuration
        return Output(loaded.get(step.name))

    with patch.object(BaseStep, "__call__", call), patch("pipelines.branches.steps_run_apart", return_value=False):
        yield recorded
