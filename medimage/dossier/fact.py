"""One thing that a run knows of itself, and where its report shows it."""

from dataclasses import dataclass
from typing import Final

ANCHORS: Final = frozenset(
    {"gate", "per-class", "errors", "training", "data", "audit", "shortcuts", "explanations", "origin", "dossier-card"}
)
"""Ids of the sections of the report that a fact may lead to."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A sentence that was worked out from a run.

    Attributes:
        text: The sentence, without a full stop.
        anchor: Id of the section of the report that shows more of it.
    """

    text: str
    anchor: str

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("Expected a sentence but got none")
        if self.anchor not in ANCHORS:
            raise ValueError(f"Expected anchor to be one of {sorted(ANCHORS)} but got {self.anchor!r}")
