"""All that turns the probabilities of one model into answers, frozen before test images are looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

from medimage.decision.abstention_rule import AbstentionRule
from medimage.decision.conformal_sets import ConformalSets
from medimage.decision.operating_point import OperatingPoint

_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class DecisionRules:
    """The rules of one model.

    Attributes:
        operating_points: By class, in the order of the classes.
        abstention: When no answer is given; None where that was not asked for.
        conformal: Sets of classes; None where they were not asked for.
    """

    operating_points: dict[str, OperatingPoint]
    abstention: AbstentionRule | None
    conformal: ConformalSets | None

    def __post_init__(self) -> None:
        sets = self.conformal
        if sets and sets.thresholds and tuple(sets.thresholds) != self.classes:
            raise ValueError(
                f"Expected sets of the classes {list(self.classes)} in this order but got {list(sets.thresholds)}"
            )

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that the rules are for, in the order of the probabilities."""
        return tuple(self.operating_points)

    def for_classes(self, classes: Sequence[str]) -> Self:
        """Returns the same rules with the classes in another order.

        Args:
            classes: The order.

        Raises:
            ValueError: If they are not just the classes that the rules are for.
        """
        conformal = self.conformal
        if conformal and conformal.thresholds:
            conformal = replace(conformal, thresholds=_ordered(conformal.thresholds, classes))
        return replace(self, operating_points=_ordered(self.operating_points, classes), conformal=conformal)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "operating_points": {name: point.to_dict() for name, point in self.operating_points.items()},
            "abstention": self.abstention.to_dict() if self.abstention else None,
            "conformal": self.conformal.to_dict() if self.conformal else None,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the rules from what `to_dict` gave."""
        points = values["operating_points"]
        return cls(
            operating_points={name: OperatingPoint.from_dict(point) for name, point in points.items()},
            abstention=AbstentionRule.from_dict(values["abstention"]) if values["abstention"] else None,
            conformal=ConformalSets.from_dict(values["conformal"]) if values["conformal"] else None,
        )


def _ordered(by_class: Mapping[str, _Value], classes: Sequence[str]) -> dict[str, _Value]:
    if sorted(by_class) != sorted(classes):
        raise ValueError(f"Expected decision rules for the classes {sorted(classes)} but got {sorted(by_class)}")
    return {name: by_class[name] for name in classes}
