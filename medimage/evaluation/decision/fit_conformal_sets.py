"""Finds conformal sets: the classes that cannot be excluded, with a stated chance that the true one is among them."""

from medimage.decision.conformal_sets import ConformalSets
from medimage.evaluation.decision.fit_operating_points import fit_operating_points
from medimage.evaluation.decision.validation_scores import ValidationScores


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
