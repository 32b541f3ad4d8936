"""What kind of drift it is, in words, with its evidence."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class DriftKind(StrEnum):
    """What has changed."""

    APPEARANCE = "appearance"
    PREVALENCE = "prevalence"
    SOMETHING_NEW = "something_new"
    UNEXPLAINED = "unexplained"


class AppearanceChange(StrEnum):
    """What is different about how images look."""

    INVERTED = "inverted"
    BRIGHTNESS = "brightness"
    CONTRAST = "contrast"
    RESOLUTION = "resolution"
    GRAY_LEVELS = "gray_levels"
    FILES = "files"
    AS_SEEN = "as_seen"


@dataclass(frozen=True, kw_only=True)
class DriftFinding:
    """One kind of drift.

    Attributes:
        kind: Which.
        sentence: What it means, in words.
        evidence: The columns that it rests on, the clearest first.
        changes: What is different about how images look, the clearest first; empty for other kinds.
        share: Share of the window's images that it is about; None where it is about all of them, or that is not known.
    """

    kind: DriftKind
    sentence: str
    evidence: tuple[str, ...]
    changes: tuple[AppearanceChange, ...] = ()
    share: float | None = None

    def __post_init__(self) -> None:
        if bool(self.changes) and self.kind is not DriftKind.APPEARANCE:
            raise ValueError(f"Expected changes of appearance only where that is the kind but got {self.kind}")
        if self.share is not None and not 0 <= self.share <= 1:
            raise ValueError(f"Expected a share from 0 to 1 but got {self.share}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "kind": self.kind.value,
            "sentence": self.sentence,
            "evidence": list(self.evidence),
            "changes": [change.value for change in self.changes],
            "share": self.share,
        }
