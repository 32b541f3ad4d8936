"""What was found of one thing that evidence names."""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """What a check came to."""

    SAME = "same"
    DIFFERS = "differs"
    MISSING = "missing"
    ADDED = "added"
    UNREADABLE = "cannot be read"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One row of what `medimage evidence verify` tells.

    Attributes:
        what: The file, or the thing, that was looked at.
        role: What it is, such as `report`.
        result: What was found.
        detail: How it differs, or why it was not checked; may be empty where it is the same.
    """

    what: str
    role: str
    result: Result
    detail: str = ""

    def __post_init__(self) -> None:
        if self.result is not Result.SAME and not self.detail:
            raise ValueError(f"Expected a detail on why {self.what} is told as {self.result.value}")

    @property
    def is_wrong(self) -> bool:
        """Whether it speaks against the evidence; what was not checked speaks neither for nor against it."""
        return self.result not in (Result.SAME, Result.NOT_CHECKED)
