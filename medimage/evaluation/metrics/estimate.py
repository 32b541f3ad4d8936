"""A number measured on a sample, with how sure it is."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A metric with its confidence interval.

    A number that cannot be known is NaN with a reason, never 0 or 1.

    Attributes:
        value: Point estimate; NaN where it is undefined.
        low: Lower limit of the interval; NaN where no interval exists.
        high: Upper limit of the interval; NaN where no interval exists.
        n: Images the number was measured on.
        groups: Independent cases (patients, lesions, duplicate clusters) among them.
        method: How the interval was made.
        reason: Why `value` or the interval is NaN; empty otherwise.
    """

    value: float
    low: float
    high: float
    n: int
    groups: int
    method: str
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.groups <= self.n:
            raise ValueError(f"Expected 0 <= groups <= n but got groups {self.groups} and n {self.n}")
        if math.isnan(self.low) != math.isnan(self.high):
            raise ValueError(f"Expected both limits or neither but got [{self.low}, {self.high}]")
        if (math.isnan(self.value) or math.isnan(self.low)) != bool(self.reason):
            raise ValueError(
                "Expected a reason exactly where the value or its interval is NaN but got "
                f"{self.value} [{self.low}, {self.high}] with reason {self.reason!r}"
            )
        if math.isnan(self.value) and self.has_interval:
            raise ValueError(f"Expected no interval around NaN but got [{self.low}, {self.high}]")
        if self.has_interval and not self.low <= self.value <= self.high:
            raise ValueError(f"Expected low <= value <= high but got {self.value} in [{self.low}, {self.high}]")

    @property
    def is_defined(self) -> bool:
        """Whether the point estimate is a number."""
        return not math.isnan(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether the limits are numbers."""
        return not math.isnan(self.low)

    @classmethod
    def undefined(cls, reason: str, *, n: int, groups: int) -> Self:
        """Returns NaN without an interval, and why."""
        return cls(value=math.nan, low=math.nan, high=math.nan, n=n, groups=groups, method="none", reason=reason)

    @classmethod
    def without_interval(cls, value: float, reason: str, *, n: int, groups: int) -> Self:
        """Returns a number whose uncertainty cannot be told, and why."""
        return cls(value=value, low=math.nan, high=math.nan, n=n, groups=groups, method="none", reason=reason)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values: NaN, which JSON does not know, becomes None."""
        return {key: none_if_nan(value) for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the estimate from what `to_dict` gave."""
        return cls(**{**values, **{key: nan_if_none(values[key]) for key in ("value", "low", "high")}})


def none_if_nan(value: Any) -> Any:
    """Returns None in place of a NaN or infinite float, and everything else as it is."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def nan_if_none(value: float | None) -> float:
    """Returns NaN in place of None."""
    return math.nan if value is None else float(value)
