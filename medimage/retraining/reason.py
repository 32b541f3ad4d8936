"""One thing that may be a reason to train a model again."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class ReasonName(StrEnum):
    """What is looked at."""

    DRIFT = "drift"
    NEW_IMAGES = "new_images"
    AGE = "age"
    PERFORMANCE = "performance"
    FORCED = "forced"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What was found of one of them.

    Attributes:
        name: What was looked at.
        holds: Whether it is a reason to train again.
        sentence: What was found beside what is asked for, in words.
        numbers: The same, JSON-ready.
    """

    name: ReasonName
    holds: bool
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.sentence.endswith("."):
            raise ValueError(f"Expected a whole sentence but got {self.sentence!r}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {"name": self.name.value, "holds": self.holds, "sentence": self.sentence, "numbers": self.numbers}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the reason from what `to_dict` gave."""
        return cls(**{**values, "name": ReasonName(values["name"])})
