"""What became of a model that was trained again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.gate.criterion import Criterion, Verdict
from medimage.evaluation.gate.gate_report import GateReport

_OF_CHAMPION = ("non_inferior_sensitivity", "improvement", "champion")


class RetrainingResult(StrEnum):
    """How a retraining ended."""

    PROMOTED = "promoted"
    BETTER = "better"
    NOT_BETTER = "not_better"
    GATE_NOT_PASSED = "gate_not_passed"
    SAME_MODEL = "same_model"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, kw_only=True)
class RetrainingOutcome:
    """How a retraining ended, and why.

    Attributes:
        result: How.
        sentence: Why, in words.
        version: Number of the version that the new model is registered as; None where it is not.
    """

    result: RetrainingResult
    sentence: str
    version: int | None = None

    def __post_init__(self) -> None:
        without = (RetrainingResult.GATE_NOT_PASSED, RetrainingResult.SAME_MODEL)
        if (self.version is None) != (self.result in without):
            raise ValueError(f"Expected a version exactly where one is registered but got {self}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {"result": self.result.value, "sentence": self.sentence, "version": self.version}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the outcome from what `to_dict` gave."""
        return cls(**{**values, "result": RetrainingResult(values["result"])})


def admission(gate_report: GateReport) -> GateReport:
    """Returns the criteria that a challenger must meet: all but those that hold it against the champion.

    Args:
        gate_report: All criteria.
    """
    kept = tuple(each for each in gate_report.criteria if each.name not in _OF_CHAMPION)
    return GateReport(criteria=kept, findings=gate_report.findings, candidates=gate_report.candidates)


def why_not_better(gate_report: GateReport, comparison: ChampionComparison) -> str:
    """Returns why a challenger is not shown to be better than the champion; empty where it is.

    Args:
        gate_report: All criteria, those on the champion among them.
        comparison: How the two compare.
    """
    if comparison.status is not ChampionStatus.COMPARED:
        return comparison.reason
    criteria = [each for each in gate_report.criteria if each.name in _OF_CHAMPION]
    if not criteria:
        return "no criterion holds it against the champion"
    return "; ".join(_told(each) for each in criteria if each.verdict is not Verdict.PASS)


def _told(criterion: Criterion) -> str:
    return f"{criterion.title} ({criterion.verdict.value}): {criterion.note}"


def not_registered(
    gate_report: GateReport, comparison: ChampionComparison, *, champion: int
) -> RetrainingOutcome | None:
    """Returns the outcome of a model that is not even registered; None for one that is.

    Args:
        gate_report: All criteria.
        comparison: How it compares with the champion, or with the one before it where it is the champion itself
            (`Champion.opponent_of`).
        champion: Number of the version that was trained again.
    """
    same = comparison.status in (ChampionStatus.SAME_MODEL, ChampionStatus.NO_CHAMPION)
    if same or comparison.version != champion:
        told = "The new model is the champion itself: it answers the same, so there is nothing to register."
        return RetrainingOutcome(result=RetrainingResult.SAME_MODEL, sentence=told)
    admitted = admission(gate_report)
    if admitted.verdict is not Verdict.PASS:
        return RetrainingOutcome(
            result=RetrainingResult.GATE_NOT_PASSED,
            sentence=f"The new model is not registered, and the champion stays: the medical validation gate says "
            f"{admitted.verdict.value}. {admitted.sentence()}",
        )
    return None
