"""One metric of two models on the same images."""

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from medimage.evaluation.metrics.estimate import Estimate, nan_if_none, none_if_nan

OVERALL = "overall"
"""Scope of a metric of all classes together."""

_LABELS = {"auroc": "AUROC"}
_NUMBERS = ("champion", "challenger", "mcnemar")


class Outcome(StrEnum):
    """What a difference says of the challenger."""

    WIN = "win"
    TIE = "tie"
    REGRESSION = "regression"


@dataclass(frozen=True, kw_only=True)
class MetricDifference:
    """By how much the challenger's metric is above the champion's.

    Attributes:
        name: The metric, such as `sensitivity`.
        scope: The class it is of, or `overall`.
        champion: The champion's value; NaN where it is undefined.
        challenger: The challenger's.
        difference: Challenger less champion, with the interval of this metric alone.
        adjusted: The same with an interval that allows for the number of metrics that are compared; None where there is
            no interval.
        only_challenger: Images that count for the metric and that the challenger alone recognises; None for an area.
        only_champion: The same of the champion.
        mcnemar: Exact two-sided p value of McNemar's test on these two counts; NaN where groups repeat or there are no
            such counts.
    """

    name: str
    scope: str
    champion: float
    challenger: float
    difference: Estimate
    adjusted: Estimate | None
    only_challenger: int | None = None
    only_champion: int | None = None
    mcnemar: float = math.nan

    @property
    def title(self) -> str:
        """What is compared, in words: `accuracy`, `sensitivity of covid`."""
        label = _LABELS.get(self.name, self.name.replace("_", " "))
        return label if self.scope == OVERALL else f"{label} of {self.scope}"

    @property
    def outcome(self) -> Outcome:
        """A win or a regression where the interval of this metric alone leaves out 0, else a tie."""
        if self.difference.low > 0:
            return Outcome.WIN
        return Outcome.REGRESSION if self.difference.high < 0 else Outcome.TIE

    @property
    def is_improvement(self) -> bool:
        """Whether the challenger is better, allowing for the number of metrics that are compared."""
        return self.adjusted is not None and self.adjusted.low > 0

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            **{key: none_if_nan(value) for key, value in asdict(self).items()},
            "difference": self.difference.to_dict(),
            "adjusted": None if self.adjusted is None else self.adjusted.to_dict(),
            "outcome": self.outcome.value,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the difference from what `to_dict` gave; the outcome is worked out anew."""
        own = {key: value for key, value in values.items() if key != "outcome"}
        adjusted = own["adjusted"]
        return cls(
            **{
                **own,
                **{name: nan_if_none(own[name]) for name in _NUMBERS},
                "difference": Estimate.from_dict(own["difference"]),
                "adjusted": None if adjusted is None else Estimate.from_dict(adjusted),
            }
        )
