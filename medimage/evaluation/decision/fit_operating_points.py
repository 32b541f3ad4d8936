"""Finds operating points: from which probability on an image counts as positive for a class."""

import numpy as np

from medimage.decision.operating_point import OperatingPoint
from medimage.evaluation.decision.hierarchical_quantile import groups_needed
from medimage.evaluation.decision.reached_threshold import reached_threshold
from medimage.evaluation.decision.validation_scores import ValidationScores


def fit_operating_points(
    scores: ValidationScores, *, target_sensitivity: float, minimum_cases: int
) -> dict[str, OperatingPoint]:
    """Finds the highest threshold of each class that the next case of it reaches with the target's chance.

    Not the threshold at which just so many of the validation images are found: that one is too high for others half of
    the time. This one leaves room for the next case (see `upper_quantile_of_next`), so that over many validation sets
    the mean sensitivity on new patients is at least the target.

    Args:
        scores: Probabilities of validation images.
        target_sensitivity: Sensitivity wanted, in (0, 1).
        minimum_cases: With fewer independent cases of a class none is fitted for it: it would be noise.

    Returns:
        One operating point per class, without a threshold and with the reason where none was fitted.
    """
    return {
        name: _fit(scores, index, target_sensitivity=target_sensitivity, minimum_cases=minimum_cases)
        for index, name in enumerate(scores.classes)
    }


def _fit(scores: ValidationScores, index: int, *, target_sensitivity: float, minimum_cases: int) -> OperatingPoint:
    positive = scores.labels == index
    cases = len(np.unique(scores.groups[positive]))
    needed = max(minimum_cases, groups_needed(target_sensitivity))

    def without(reason: str) -> OperatingPoint:
        return OperatingPoint(threshold=None, target_sensitivity=target_sensitivity, cases=cases, reason=reason)

    if cases < needed:
        return without(f"{cases} independent validation cases, fewer than the {needed} that a threshold needs")
    threshold = reached_threshold(
        scores.probabilities[positive, index], scores.groups[positive], chance=target_sensitivity
    )
    if threshold is None:
        return without(f"{cases} independent validation cases are too few for a sensitivity of {target_sensitivity:g}")
    return OperatingPoint(threshold=threshold, target_sensitivity=target_sensitivity, cases=cases)
