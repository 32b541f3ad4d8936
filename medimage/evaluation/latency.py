"""How long one image takes."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Wall time from the bytes of one encoded image to its probabilities.

    Attributes:
        p50_ms: Median, in ms.
        p95_ms: 95th percentile, in ms.
        images: Images that were timed, one at a time.
        machine: Machine it was measured on, in words.
    """

    p50_ms: float
    p95_ms: float
    images: int
    machine: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.p95_ms) and 0 <= self.p50_ms <= self.p95_ms):
            raise ValueError(f"Expected 0 <= p50 <= p95 in ms but got {self.p50_ms} and {self.p95_ms}")
        if self.images < 1:
            raise ValueError(f"Expected at least one timed image but got {self.images}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the latency from what `to_dict` gave."""
        return cls(**values)
