"""All that turns probabilities into answers, fitted on validation and frozen before test images are looked at."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.config.decision import DecisionConfig
from medimage.evaluation.decision.abstention import AbstentionRule, fit_abstention
from medimage.evaluation.decision.conformal import ConformalSets, fit_conformal_sets
from medimage.evaluation.decision.operating_point import OperatingPoint, fit_operating_points
from medimage.evaluation.decision.validation_scores import ValidationScores


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


def fit_decision_rules(scores: ValidationScores, config: DecisionConfig, *, confidence: float) -> DecisionRules:
    """Fits every rule that the configuration asks for.

    Args:
        scores: Probabilities of validation images.
        config: Targets, and the cases needed.
        confidence: One-sided confidence that answers are not wrong more often than asked for.
    """
    return DecisionRules(
        operating_points=fit_operating_points(
            scores, target_sensitivity=config.target_sensitivity, minimum_cases=config.minimum_cases
        ),
        abstention=None
        if config.abstention_error is None
        else fit_abstention(
            scores, target_error=config.abstention_error, confidence=confidence, minimum_cases=config.minimum_cases
        ),
        conformal=None
        if config.conformal_coverage is None
        else fit_conformal_sets(scores, coverage=config.conformal_coverage, minimum_cases=config.minimum_cases),
    )
