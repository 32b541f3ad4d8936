"""What the data say about how far a test result can be trusted."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class DataFindings:
    """Facts about the data and the split that the gate judges or shows.

    Attributes:
        training_counts: Training images of each class.
        imbalance_mitigated: Whether class weights make up for unequal classes (`medimage.evaluation.gate.imbalance`).
        crossing_groups: Groups with images in more than one part of the split.
        crossing_duplicates: Clusters of exact or near-duplicates with images in more than one part of the split.
        shortcuts: From how many things that are no trait of the patient a class can be told, such as its origin.
        findings: Sentences to show beside the numbers, such as a suspected shortcut.
    """

    training_counts: dict[str, int]
    imbalance_mitigated: bool
    crossing_groups: int
    crossing_duplicates: int
    shortcuts: int = 0
    findings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counts = {
            **self.training_counts,
            "groups": self.crossing_groups,
            "duplicates": self.crossing_duplicates,
            "shortcuts": self.shortcuts,
        }
        negative = {name: count for name, count in counts.items() if count < 0}
        if negative or not self.training_counts:
            raise ValueError(f"Expected training counts and crossings of 0 or more but got {counts}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {**asdict(self), "findings": list(self.findings)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the findings from what `to_dict` gave."""
        return cls(**{**values, "findings": tuple(values["findings"])})
