"""Three numbers that say whether a prediction depends on what a heat map calls important."""

from dataclasses import astuple, dataclass
from typing import Literal, Self

Measure = Literal["deletion", "insertion", "road"]
MEASURES: tuple[Measure, ...] = ("deletion", "insertion", "road")


@dataclass(frozen=True, kw_only=True)
class Areas:
    """What the probability of a class does on average while pixels are taken away or put back, in [0, 1].

    Attributes:
        deletion: As the most important pixels are taken away; low is faithful.
        insertion: As they are put back; high is faithful.
        road: As they are replaced by what their neighbours suggest; low is faithful.
    """

    deletion: float
    insertion: float
    road: float

    def __post_init__(self) -> None:
        # Rounding of probabilities in float32 may add up to a hair above 1.
        if not all(-1e-6 <= area <= 1 + 1e-6 for area in astuple(self)):
            raise ValueError(f"Expected areas in [0, 1] but got {self}")

    def advantage_over(self, other: Self, measure: Measure) -> float:
        """Returns how much more faithful these are than others by a measure; above 0 is more."""
        difference = getattr(self, measure) - getattr(other, measure)
        return difference if measure == "insertion" else -difference
