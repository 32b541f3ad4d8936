"""What a check of the machine found."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How it is. Only a problem keeps something from working that every run needs."""

    FINE = "fine"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: What, in a word or two.
        state: How it is.
        told: What was found, in one line.
        advice: What to do; empty where nothing is to be done.
    """

    subject: str
    state: State
    told: str
    advice: str = ""

    def __post_init__(self) -> None:
        if self.state is not State.FINE and not self.advice:
            raise ValueError(
                f"Expected advice on {self.subject}, which is {self.state}: a person has to know what to do"
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)


def fine(subject: str, told: str) -> Finding:
    """Returns that all is well."""
    return Finding(subject=subject, state=State.FINE, told=told)
