"""What a model says of one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medimage.decision.decision import Decision


@dataclass(frozen=True, kw_only=True)
class ImageAnswer:
    """The answer on one file, or why there is none.

    Attributes:
        name: What the file is called.
        sha256: SHA-256 of its bytes, in hexadecimal; empty where it could not be read.
        probabilities: Calibrated probability of each class; empty where there is no answer.
        decision: What they amount to at the model's operating points; None where there is no answer.
        refusal: Why there is none, in a sentence; empty where there is one.
    """

    name: str
    sha256: str
    probabilities: Mapping[str, float]
    decision: Decision | None = None
    refusal: str = ""

    def __post_init__(self) -> None:
        if bool(self.probabilities) == bool(self.refusal) or (self.decision is None) != bool(self.refusal):
            raise ValueError(
                f"Expected either probabilities with a decision or a reason for {self.name!r} but got "
                f"{dict(self.probabilities)}, {self.decision} and {self.refusal!r}"
            )

    @property
    def label(self) -> str:
        """The most probable class; empty where there is no answer."""
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else ""

    @property
    def confidence(self) -> float | None:
        """Probability of the label; None where there is no answer."""
        return max(self.probabilities.values()) if self.probabilities else None

    @property
    def abstained(self) -> bool | None:
        """Whether the label is too unsure to be an answer; None without a rule or an answer."""
        return None if self.decision is None else self.decision.abstained

    def is_positive(self, name: str) -> bool | None:
        """Returns whether a class reaches its operating point; None where it has none, or there is no answer."""
        if self.decision is None or name in self.decision.not_assessed:
            return None
        return name in self.decision.positive

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "file": self.name,
            "sha256": self.sha256 or None,
            "label": self.label or None,
            "confidence": self.confidence,
            "probabilities": dict(self.probabilities) or None,
            "abstained": self.abstained,
            "positive": {name: self.is_positive(name) for name in self.probabilities} or None,
            "refusal": self.refusal or None,
        }
