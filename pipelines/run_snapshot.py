"""A run as it stood when its steps were first asked for."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from zenml.client import Client
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


def find_run(name: str) -> RunSnapshot | None:
    """Returns the run of a name, or None where there is none, as where an error came before its start."""
    try:
        return RunSnapshot(Client().get_pipeline_run(name, allow_name_prefix_match=False))
    except KeyError:
        return None
