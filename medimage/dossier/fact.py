"""One thing that a run knows of itself, and where its report shows it."""

from dataclasses import dataclass
from typing import Final

ANCHORS: Final = frozenset(
    [
        "gate",
        "per-class",
        "errors",
        "decisions",
        "subgroups",
        "training",
        "data",
        "audit",
        "shortcuts",
        "explanations",
        "origin",
        "dossier-card",
    ]
)
"""Ids of the sections of the report that a fact may lead to."""

MISSING: Final = {
    "disjoint": "what crosses the split",
    "exclusions": "what was left out",
    "explanations": "what the model looks at",
    "groups": "which images belong to one patient",
    "identity": "how names were removed (its images were no DICOM files)",
    "input_checks": "checks of the input (nothing was packaged)",
    "missing_data": "what could not be read",
    "quality": "checks of labels, sizes and intensities",
    "selection": "how the weights were chosen",
    "shortcuts": "shortcuts and leakage",
    "subgroups": "results in subgroups",
    "training": "how it was trained",
}
"""Fact that some runs have not → what is not known then."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What was worked out from a run.

    Attributes:
        text: It in words, without a full stop.
        anchor: Id of the section of the report that shows more of it.
    """

    text: str
    anchor: str

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("Expected a sentence but got none")
        if self.anchor not in ANCHORS:
            raise ValueError(f"Expected anchor to be one of {sorted(ANCHORS)} but got {self.anchor!r}")

    @property
    def sentence(self) -> str:
        """The fact as a sentence."""
        return f"{self.text[:1].upper()}{self.text[1:]}."
