"""One thing that was left behind, and what became of it."""

import datetime
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What it is. The order is that in which it is removed."""

    RUN = "run"
    RUN_FOLDER = "run folder"
    ARTIFACT = "artifact"
    CHECKPOINT = "checkpoint"
    UNFINISHED = "unfinished work"
    DOWNLOAD = "download"
    FETCHED = "fetched copy"
    TEMPORARY = "temporary folder"


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """Something that nothing refers to.

    Attributes:
        kind: What it is.
        name: What a person knows it by.
        place: Path of what it takes on disk; empty where it is a record alone.
        size: In bytes.
        last_used: When it was made, written or used last, as far as that is known; with a time zone.
        identifier: What the orchestrator calls it; empty for what it does not know.
    """

    kind: Kind
    name: str
    place: str
    size: int
    last_used: datetime.datetime
    identifier: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {**asdict(self), "last_used": self.last_used.isoformat(timespec="seconds")}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Something old that stays.

    Attributes:
        name: What a person knows it by.
        reason: Why.
    """

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was found in one place.

    Attributes:
        garbage: What can go.
        kept: What is old and stays, with the reasons.
    """

    garbage: tuple[Garbage, ...] = ()
    kept: tuple[Kept, ...] = ()
