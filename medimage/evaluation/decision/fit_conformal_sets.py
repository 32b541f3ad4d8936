"""Conformal sets: the classes that cannot be excluded, with a stated chance that the true one is among them."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.decision.operating_point import fit_operating_points
from medimage.evaluation.decision.validation_scores import ValidationScores


@dataclass(frozen=True, kw_only=True)
class ConformalSets:
    """Which classes belong into the set of an image.

    Attributes:
        thresholds: By class, the calibrated probability from which on it belongs to the set, in [0, 1]; 0 for a class
            with too few validation cases, which then is in every set. Empty where no sets were fitted.
        coverage: Chance that the set of a new image of any class holds that class, in (0, 1).
        cases: Independent validation cases of each class.
        reason: Why none were fitted, or which class is in every set; may be empty.
    """

    thresholds: dict[str, float]
    coverage: float
    cases: dict[str, int]
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.thresholds and not self.reason:
            raise ValueError("Expected a reason where no sets were fitted but got none")
        wrong = {name: value for name, value in self.thresholds.items() if not 0 <= value <= 1}
        if wrong:
            raise ValueError(f"Expected thresholds in [0, 1] but got {wrong}")

    def members(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Returns which classes are in the set of each image, shape [images, classes]; a set may be empty.

        Args:
            probabilities: Calibrated, shape [images, classes], columns in the order of the thresholds.

        Raises:
            ValueError: If no sets were fitted.
        """
        if not self.thresholds:
            raise ValueError(f"Expected fitted sets but there are none: {self.reason}")
        return probabilities >= np.fromiter(self.thresholds.values(), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the sets from what `to_dict` gave."""
        return cls(**values)


def fit_conformal_sets(scores: ValidationScores, *, coverage: float, minimum_cases: int) -> ConformalSets:
    """Finds the thresholds with which the sets of each class's images hold that class with the stated chance.

    One threshold per class, so that the chance holds for rare classes too and not only on average (class-conditional
    split conformal prediction with the score 1 - p: Sadinle, Lei and Wasserman 2019, J Am Stat Assoc 114:223-234).
    Such a set holds just the classes for which the image is positive at an operating point whose target is the
    coverage, and is fitted as one. The chance holds over validation sets, for new patients like those of validation;
    not for another hospital or scanner.

    Args:
        scores: Probabilities of validation images.
        coverage: Chance that a set holds the true class, in (0, 1).
        minimum_cases: With fewer independent cases of every class none are fitted.
    """
    points = fit_operating_points(scores, target_sensitivity=coverage, minimum_cases=minimum_cases)
    cases = {name: point.cases for name, point in points.items()}
    few = {name: point.reason for name, point in points.items() if point.threshold is None}
    if len(few) == len(points):
        reason = "; ".join(f"{name}: {why}" for name, why in few.items())
        return ConformalSets(thresholds={}, coverage=coverage, cases=cases, reason=reason)
    return ConformalSets(
        thresholds={name: point.threshold or 0.0 for name, point in points.items()},
        coverage=coverage,
        cases=cases,
        reason="; ".join(f"{name} is in every set: {why}" for name, why in few.items()),
    )
