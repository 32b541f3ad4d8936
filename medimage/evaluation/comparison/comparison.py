"""Candidates of an experiment beside each other, the best first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from medimage.evaluation.comparison.candidate_result import CandidateResult


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A ranking with its recommendation.

    Attributes:
        ranking: Candidates that were judged, by falling balanced accuracy.
        failures: Candidates that could not be trained or judged → why.
        recommended: Candidate to promote; None where none passed the gate.
        reason: Why this one, or why none.
        seen: Models that have been judged on the test set by now, these included.
        test_images: Images of the test set.
        test_cases: Independent cases among them.
    """

    ranking: tuple[CandidateResult, ...]
    failures: Mapping[str, str] = field(default_factory=dict)
    recommended: str | None
    reason: str
    seen: int
    test_images: int
    test_cases: int

    def __post_init__(self) -> None:
        by_name = {result.name: result for result in self.ranking}
        if self.recommended is not None and not (self.recommended in by_name and by_name[self.recommended].passed):
            raise ValueError(f"Expected a candidate that passed the gate to be recommended but got {self.recommended}")
        if set(by_name) & set(self.failures):
            raise ValueError(f"Expected a candidate to be judged or to fail but got both: {sorted(self.failures)}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "ranking": [result.to_dict() for result in self.ranking],
            "failures": dict(self.failures),
            "recommended": self.recommended,
            "reason": self.reason,
            "seen": self.seen,
            "test_images": self.test_images,
            "test_cases": self.test_cases,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the comparison from what `to_dict` gave, also after a trip through JSON."""
        return cls(**{**values, "ranking": tuple(CandidateResult.from_dict(result) for result in values["ranking"])})
