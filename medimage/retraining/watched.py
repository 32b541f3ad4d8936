"""What monitoring found, as far as it may be a reason to train again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from medimage.monitoring.drift_check import DriftVerdict
from medimage.monitoring.drift_kind import DriftKind
from medimage.retraining.rate_drop import RateDrop


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the monitoring report of the same run says.

    Attributes:
        verdict: Of the comparison of images and answers.
        kind: Which kind of drift; None where there is none.
        sentence: What it means, in words.
        judged: Answers with feedback; None where no feedback was given to the run.
        rates: Accuracy and sensitivities of which both sides are known.
    """

    verdict: DriftVerdict
    kind: DriftKind | None
    sentence: str
    judged: int | None = None
    rates: tuple[RateDrop, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind is not None) != (self.verdict is DriftVerdict.DRIFT):
            raise ValueError(f"Expected a kind exactly where there is drift but got {self.verdict} and {self.kind}")
        if self.rates and not self.judged:
            raise ValueError("Expected rates only where answers have feedback")

    @classmethod
    def of_summary(cls, summary: Mapping[str, Any]) -> Self:
        """Reads the summary of a monitoring run.

        Args:
            summary: What `MonitoringOutcome.to_dict` gave.
        """
        drift, feedback = summary["drift"], summary["feedback"]
        finding = drift["finding"]
        rates = [] if feedback is None else [RateDrop.of_rate(rate) for rate in feedback["rates"]]
        return cls(
            verdict=DriftVerdict(drift["verdict"]),
            kind=None if finding is None else DriftKind(finding["kind"]),
            sentence=drift["sentence"],
            judged=None if feedback is None else feedback["judged"],
            rates=tuple(rate for rate in rates if rate is not None),
        )
