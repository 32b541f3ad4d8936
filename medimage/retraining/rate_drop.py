"""By how much a rate in use has fallen, with how sure that is."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from medimage.evaluation.metrics.estimate import Estimate
from medimage.wording import percent


@dataclass(frozen=True, kw_only=True)
class RateDrop:
    """A rate in use beside that on the images that the model was judged on.

    Attributes:
        name: `accuracy`, or `sensitivity of CLASS`.
        in_use: By feedback, with Wilson's interval.
        at_reference: On the held-out images, with Wilson's interval.
        is_chance: Whether the difference may be chance among all rates that monitoring looked at.
    """

    name: str
    in_use: Estimate
    at_reference: Estimate
    is_chance: bool

    def __post_init__(self) -> None:
        if not (self.in_use.has_interval and self.at_reference.has_interval):
            raise ValueError(f"Expected both rates of {self.name} with an interval but got {self.in_use}")

    @property
    def difference(self) -> float:
        """In use minus at the reference, in [-1, 1]."""
        return self.in_use.value - self.at_reference.value

    @property
    def limits(self) -> tuple[float, float]:
        """The 95 % interval of the difference, by method 10 of Newcombe (1998, Stat Med 17:873-890)."""
        now, before = self.in_use, self.at_reference
        below = math.hypot(now.value - now.low, before.high - before.value)
        above = math.hypot(now.high - now.value, before.value - before.low)
        return max(-1.0, self.difference - below), min(1.0, self.difference + above)

    def exceeds(self, largest: float) -> bool:
        """Whether a drop by more than `largest`, a share, is certain.

        Args:
            largest: In [0, 1).
        """
        return not self.is_chance and self.limits[1] < -largest

    def sentence(self) -> str:
        """Returns both rates and the difference with its interval."""
        low, high = self.limits
        return (
            f"{self.name} is {percent(self.in_use.value, decimals=1)} by feedback on {self.in_use.n} answers, against "
            f"{percent(self.at_reference.value, decimals=1)} on {self.at_reference.n} held-out images: "
            f"{100 * self.difference:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        low, high = self.limits
        told = {"in_use": self.in_use.to_dict(), "at_reference": self.at_reference.to_dict()}
        return {**asdict(self), **told, "difference": self.difference, "low": low, "high": high}

    @classmethod
    def of_rate(cls, rate: Mapping[str, Any]) -> Self | None:
        """Reads a rate of the summary of a monitoring run; None where one of both sides is not known.

        Args:
            rate: What `RateInUse.to_dict` gave.
        """
        if rate["at_reference"] is None:
            return None
        in_use, before = Estimate.from_dict(rate["in_use"]), Estimate.from_dict(rate["at_reference"])
        if not (in_use.has_interval and before.has_interval):
            return None
        return cls(name=rate["name"], in_use=in_use, at_reference=before, is_chance=not rate["fallen"])
