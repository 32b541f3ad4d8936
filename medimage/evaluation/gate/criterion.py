"""One thing a model must prove."""

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal, Self

from medimage.evaluation.metrics.estimate import nan_if_none, none_if_nan

Direction = Literal["at_least", "at_most", "below"]


_SCOPES = ("overall", "training", "split", "subgroups")
_LABELS = {
    "auroc": "AUROC",
    "non_inferior_sensitivity": "non-inferior sensitivity",
    "improvement": "improvement on the champion",
    "champion": "comparison with the champion",
    "latency_p95_ms": "p95 latency, ms",
    "imbalance_ratio": "class imbalance in training",
    "crossing_groups": "groups crossing the split",
    "crossing_duplicates": "duplicates crossing the split",
    "subgroup_gaps": "flagged gaps between subgroups",
    "seen_images": "images that the model has seen",
}


class Verdict(StrEnum):
    """What the evidence says about a criterion."""

    PASS = "PASS"  # noqa: S105
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A threshold, what was measured against it, and the verdict.

    Attributes:
        name: What is judged, such as `sensitivity`.
        scope: The class it is judged for, or `overall`, `training`, `split`, `subgroups`.
        estimate: Measured value; NaN where it is undefined.
        low: Lower limit of its interval; NaN where there is none.
        high: Upper limit of its interval; NaN where there is none.
        n: Images it was measured on.
        groups: Independent cases among them.
        threshold: What it is judged against.
        direction: `at_least`, `at_most` or `below` the threshold.
        verdict: The verdict.
        note: Why it is not a PASS, or what the reader should know; may be empty.
        further_cases: Independent cases that would settle an INCONCLUSIVE verdict if the estimate stays as it is;
            None where more cases would not, or none are needed.
        further_of: Which cases those are, in words; empty where `further_cases` is None.
    """

    name: str
    scope: str
    estimate: float
    low: float
    high: float
    n: int
    groups: int
    threshold: float
    direction: Direction
    verdict: Verdict
    note: str = ""
    further_cases: int | None = None
    further_of: str = ""

    def __post_init__(self) -> None:
        if self.verdict is Verdict.PASS and math.isnan(self.estimate):
            raise ValueError(f"Expected no PASS of {self.title} without an estimate")
        if self.verdict is not Verdict.PASS and not self.note:
            raise ValueError(f"Expected a note on why {self.title} is {self.verdict}")

    @property
    def title(self) -> str:
        """What is judged, in words: `accuracy`, `sensitivity of covid`."""
        label = _LABELS.get(self.name, self.name.replace("_", " "))
        return label if self.scope in _SCOPES else f"{label} of {self.scope}"

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values: NaN and infinity become None."""
        return {key: none_if_nan(value) for key, value in asdict(self).items()} | {"verdict": self.verdict.value}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the criterion from what `to_dict` gave."""
        numbers = {key: nan_if_none(values[key]) for key in ("estimate", "low", "high")}
        return cls(**{**values, **numbers, "verdict": Verdict(values["verdict"])})
