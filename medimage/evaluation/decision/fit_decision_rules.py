"""Finds all that turns probabilities into answers, on validation images."""

from medimage.config.decision import DecisionConfig
from medimage.decision.decision_rules import DecisionRules
from medimage.evaluation.decision.fit_abstention import fit_abstention
from medimage.evaluation.decision.fit_conformal_sets import fit_conformal_sets
from medimage.evaluation.decision.fit_operating_points import fit_operating_points
from medimage.evaluation.decision.validation_scores import ValidationScores


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
