"""How much worse a model does in a subgroup than elsewhere."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from medimage.evaluation.metrics.estimate import Estimate, nan_if_none, none_if_nan

Figure = Literal["sensitivity", "specificity", "balanced_accuracy"]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A figure inside a subgroup, minus the same figure in all other images that state what they belong to.

    Attributes:
        figure: What is compared.
        of_class: The class it is of; empty for the balanced accuracy.
        inside: The figure inside the subgroup; NaN where it was not compared.
        outside: The figure in all others; NaN where it was not compared.
        difference: `inside` minus `outside`, with the interval of this one comparison; undefined, with the reason,
            where there are too few cases.
        cases_inside: Independent cases that decide whether there are enough, inside.
        cases_outside: The same in all others.
        p_value: P-value of this comparison alone; NaN where it was not compared.
        adjusted: P-value that counts all comparisons of the report; NaN where it was not compared.
        is_flagged: Whether the gap is more than the chance of all comparisons together explains.
    """

    figure: Figure
    of_class: str
    inside: float
    outside: float
    difference: Estimate
    cases_inside: int
    cases_outside: int
    p_value: float
    adjusted: float
    is_flagged: bool = False

    def __post_init__(self) -> None:
        if self.is_flagged and not self.difference.has_interval:
            raise ValueError(f"Expected no flag on {self.title}, which was not compared: {self.difference.reason}")
        if bool(self.of_class) == (self.figure == "balanced_accuracy"):
            raise ValueError(f"Expected a class exactly where the figure is of one but got {self.title}")

    @property
    def title(self) -> str:
        """What is compared, in words: `sensitivity of covid`, `balanced accuracy`."""
        return f"{self.figure} of {self.of_class}" if self.of_class else self.figure.replace("_", " ")

    @property
    def is_compared(self) -> bool:
        """Whether there were cases enough."""
        return self.difference.is_defined

    def mirrored(self) -> Self:
        """Returns the same comparison as it looks from the other side."""
        own = self.difference
        difference = replace(own, value=-own.value, low=-own.high, high=-own.low)
        return replace(
            self,
            inside=self.outside,
            outside=self.inside,
            difference=difference,
            cases_inside=self.cases_outside,
            cases_outside=self.cases_inside,
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values: NaN becomes None."""
        names = ("figure", "of_class", "cases_inside", "cases_outside", "is_flagged")
        numbers = ("inside", "outside", "p_value", "adjusted")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: none_if_nan(getattr(self, name)) for name in numbers},
            "difference": self.difference.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the gap from what `to_dict` gave."""
        numbers = {name: nan_if_none(values[name]) for name in ("inside", "outside", "p_value", "adjusted")}
        return cls(**{**values, **numbers, "difference": Estimate.from_dict(values["difference"])})
