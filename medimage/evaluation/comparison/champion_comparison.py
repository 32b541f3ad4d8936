"""A candidate beside the champion, the model in use, on the same test images."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from medimage.evaluation.comparison.metric_difference import MetricDifference, Outcome
from medimage.wording import counted


class ChampionStatus(StrEnum):
    """What came of the comparison."""

    COMPARED = "compared"
    OFF = "off"
    NO_CHAMPION = "no_champion"
    SAME_MODEL = "same_model"
    OTHER_CLASSES = "other_classes"
    SEEN_IMAGES = "seen_images"
    UNKNOWN_IMAGES = "unknown_images"


IMPOSSIBLE = (ChampionStatus.OTHER_CLASSES, ChampionStatus.SEEN_IMAGES, ChampionStatus.UNKNOWN_IMAGES)
"""There is another champion, and nothing can be said of how the candidate compares with it."""


@dataclass(frozen=True, kw_only=True)
class ChampionComparison:
    """What was found when the candidate was held against the champion.

    Attributes:
        status: Whether they were compared, or what kept them from it.
        reason: Why they were not, and where it is an obstacle what to do; empty where they were.
        name: Registered model of the champion; empty where there is none.
        version: Its number in the registry; None where there is none.
        differences: Every metric, where they were compared.
        candidates: Models that have been judged on this test set, the candidate included.
        seen_images: Test images that the champion was trained or validated on.
        confidence: Two-sided confidence level of the intervals.
    """

    status: ChampionStatus
    reason: str = ""
    name: str = ""
    version: int | None = None
    differences: tuple[MetricDifference, ...] = ()
    candidates: int
    seen_images: int = 0
    confidence: float

    def __post_init__(self) -> None:
        compared = self.status is ChampionStatus.COMPARED
        if compared != bool(self.differences) or compared == bool(self.reason):
            raise ValueError(
                f"Expected differences without a reason exactly where the two were compared but got {self.status} "
                f"with {len(self.differences)} differences and reason {self.reason!r}"
            )
        if (self.version is None) != (not self.name) or (compared and self.version is None):
            raise ValueError(f"Expected name and version of the champion but got {self.name!r} and {self.version}")
        if (self.status is ChampionStatus.SEEN_IMAGES) != (self.seen_images > 0):
            raise ValueError(f"Expected images that the champion has seen but got {self.status}, {self.seen_images}")

    @property
    def champion(self) -> str:
        """The champion, in words; empty where there is none."""
        return f"{self.name} version {self.version}" if self.name else ""

    @property
    def improvements(self) -> tuple[MetricDifference, ...]:
        """Metrics in which the candidate is better, allowing for how many are compared."""
        return tuple(each for each in self.differences if each.is_improvement)

    def count(self, outcome: Outcome) -> int:
        """Returns how many metrics came out that way."""
        return sum(each.outcome is outcome for each in self.differences)

    def sentence(self) -> str:
        """Returns what was found, in one or two sentences."""
        if self.reason:
            return f"{self.reason[0].upper()}{self.reason[1:]}"
        wins, ties, regressions = (self.count(outcome) for outcome in Outcome)
        found = (
            f"Against the champion, {self.champion}: {counted(wins, 'win')}, {counted(ties, 'tie')} and "
            f"{counted(regressions, 'regression')} over {counted(len(self.differences), 'metric')}, by the "
            f"{self.confidence * 100:g} % interval of each."
        )
        better = ", ".join(each.title for each in self.improvements)
        allowing = f"allowing for the number of metrics (Holm), the candidate is better in {better or 'none of them'}."
        return f"{found} {allowing[0].upper()}{allowing[1:]}"

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values, the ledger among them."""
        return {
            "status": self.status.value,
            "reason": self.reason,
            "name": self.name,
            "version": self.version,
            "ledger": {
                "wins": self.count(Outcome.WIN),
                "ties": self.count(Outcome.TIE),
                "regressions": self.count(Outcome.REGRESSION),
                "improvements": [each.title for each in self.improvements],
            },
            "differences": [each.to_dict() for each in self.differences],
            "candidates": self.candidates,
            "seen_images": self.seen_images,
            "confidence": self.confidence,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the comparison from what `to_dict` gave; the ledger is worked out anew."""
        own = {key: value for key, value in values.items() if key != "ledger"}
        return cls(
            **{
                **own,
                "status": ChampionStatus(own["status"]),
                "differences": tuple(MetricDifference.from_dict(each) for each in own["differences"]),
            }
        )
