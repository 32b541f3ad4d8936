"""A run as it stood when its steps were first asked for."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from zenml.enums import ExecutionStatus
from zenml.models import PipelineRunResponse, StepRunResponse


@dataclass(frozen=True)
class RunSnapshot:
    """A run whose steps are read from ZenML's database once: ZenML reads all of them again at every look.

    Attributes:
        response: The run as ZenML gave it.
    """

    response: PipelineRunResponse

    @property
    def id(self) -> UUID:
        """ZenML's id of it."""
        return self.response.id

    @property
    def name(self) -> str:
        """Its name."""
        return self.response.name

    @property
    def status(self) -> ExecutionStatus:
        """How it stood."""
        return self.response.status

    @cached_property
    def steps(self) -> dict[str, StepRunResponse]:
        """Its steps by name, with what they gave."""
        return self.response.steps
