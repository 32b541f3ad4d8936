"""What a model says of one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ImageAnswer:
    """The answer on one file, or why there is none.

    Attributes:
        name: What the file is called.
        sha256: SHA-256 of its bytes, in hexadecimal; empty where it could not be read.
        probabilities: Calibrated probability of each class; empty where there is no answer.
        refusal: Why there is none, in a sentence; empty where there is one.
    """

    name: str
    sha256: str
    probabilities: Mapping[str, float]
    refusal: str = ""

    def __post_init__(self) -> None:
        if bool(self.probabilities) == bool(self.refusal):
            raise ValueError(
                f"Expected either probabilities or a reason why there are none for {self.name!r} but got "
                f"{dict(self.probabilities)} and {self.refusal!r}"
            )

    @property
    def label(self) -> str:
        """The most probable class; empty where there is no answer."""
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.probabilities else ""

    @property
    def confidence(self) -> float | None:
        """Probability of the label; None where there is no answer."""
        return max(self.probabilities.values()) if self.probabilities else None

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "file": self.name,
            "sha256": self.sha256 or None,
            "label": self.label or None,
            "confidence": self.confidence,
            "probabilities": dict(self.probabilities) or None,
            "refusal": self.refusal or None,
        }
