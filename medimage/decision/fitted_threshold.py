"""A threshold that was fitted on validation images, or the reason why there is none."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class FittedThreshold:
    """A probability from which on something is done.

    Attributes:
        threshold: Calibrated probability, in [0, 1]; None where none was fitted.
        cases: Independent validation cases that it rests on.
        reason: Why none was fitted; empty where one was.
    """

    threshold: float | None
    cases: int
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.threshold is None) != bool(self.reason):
            raise ValueError(f"Expected a reason exactly where there is no threshold but got {self.reason!r}")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ValueError(f"Expected a threshold in [0, 1] but got {self.threshold}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the threshold from what `to_dict` gave."""
        return cls(**values)
