"""Which graph is served, and why the others are not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from medimage.export.precision.candidate import PrecisionCandidate
from medimage.export.precision.speed import Speed
from medimage.serving.model_metadata import FULL_PRECISION


@dataclass(frozen=True, kw_only=True)
class PrecisionChoice:
    """All graphs that were tried beside the one in single precision.

    The rule: of those that nothing speaks against, the fastest is served; in single precision where there is none.

    Attributes:
        full_size_bytes: Size of the graph in single precision.
        full_sha256: Its SHA-256, in hexadecimal.
        full_speed: Its time for one image.
        candidates: What was tried.
        sensitivity_margin: Largest drop of a sensitivity that was allowed.
        minimum_speedup: How many times faster a candidate had to be.
        machine: What the time was measured on.
        files: Precision → graph, of the candidates that nothing speaks against but their speed.
    """

    full_size_bytes: int
    full_sha256: str
    full_speed: Speed
    candidates: tuple[PrecisionCandidate, ...]
    sensitivity_margin: float
    minimum_speedup: float
    machine: str
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        missing = [each.precision for each in self.candidates if not each.refusals and each.precision not in self.files]
        if missing:
            raise ValueError(f"Expected the files of all candidates that may be served but got none of {missing}")

    @property
    def adopted(self) -> PrecisionCandidate | None:
        """The candidate that is served; None where it is the graph in single precision."""
        able = [(each.speed.median_ms, each) for each in self.candidates if not each.refusals and each.speed]
        return min(able, key=lambda pair: pair[0])[1] if able else None

    @property
    def served(self) -> str:
        """Precision of the graph that is served."""
        return self.adopted.precision if self.adopted else FULL_PRECISION

    def outcome_of(self, candidate: PrecisionCandidate) -> str:
        """Returns whether a candidate is served, and if not, why."""
        if candidate.refusals:
            return f"not served: {'; '.join(candidate.refusals)}"
        return "served" if candidate is self.adopted else f"not served: {self.served} is faster"

    def sentences(self) -> list[str]:
        """Returns one sentence for each candidate."""
        return [f"{each.precision}: {self.outcome_of(each)}." for each in self.candidates]

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values, without the files."""
        return {
            "served": self.served,
            "full_precision": {
                "size_bytes": self.full_size_bytes,
                "sha256": self.full_sha256,
                "speed": self.full_speed.to_dict(),
            },
            "candidates": [{**each.to_dict(), "outcome": self.outcome_of(each)} for each in self.candidates],
            "sensitivity_margin": self.sensitivity_margin,
            "minimum_speedup": self.minimum_speedup,
            "machine": self.machine,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, files: Mapping[str, bytes]) -> Self:
        """Builds the choice from what `to_dict` gave and the files; what is served is worked out anew."""
        full = values["full_precision"]
        return cls(
            full_size_bytes=full["size_bytes"],
            full_sha256=full["sha256"],
            full_speed=Speed(**full["speed"]),
            candidates=tuple(PrecisionCandidate.from_dict(each) for each in values["candidates"]),
            sensitivity_margin=values["sensitivity_margin"],
            minimum_speedup=values["minimum_speedup"],
            machine=values["machine"],
            files=files,
        )
