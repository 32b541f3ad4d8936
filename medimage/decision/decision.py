"""What the probabilities of one image amount to under frozen rules."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np

from medimage.decision.decision_rules import DecisionRules


class Outcome(StrEnum):
    """How many classes reach their operating points."""

    ONE = "one"
    SEVERAL = "several"
    NONE = "none"
    NOT_AVAILABLE = "not_available"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The classes of an image at their operating points, whether the answer is too unsure, and what cannot be excluded.

    An operating point is the threshold at which so large a share of a class's cases is found as was asked for (its
    target sensitivity). So a class that reaches it cannot be dismissed, and several at a time are a differential
    diagnosis, of which none is dropped in favour of the most probable. Where none reaches it, the image looks like no
    class well enough: it is undecided, and not negative.

    Attributes:
        positive: Classes that reach their thresholds, the most probable first.
        not_assessed: Classes without a threshold, which are neither found nor excluded.
        outcome: How many are positive; `not_available` where no class has a threshold.
        abstained: Whether the most probable class is too unsure to be an answer; None where no rule was fitted.
        conformal_set: Classes that cannot be excluded, the most probable first, possibly none; None where no sets were
            fitted.
    """

    positive: tuple[str, ...]
    not_assessed: tuple[str, ...]
    outcome: Outcome
    abstained: bool | None
    conformal_set: tuple[str, ...] | None

    @classmethod
    def of(cls, probabilities: dict[str, float], rules: DecisionRules | None) -> Self:
        """Applies the rules of a model to one image, as `measure_decisions` applies them to the test images.

        Args:
            probabilities: Calibrated probability of each class, in the order of the rules.
            rules: None where none were fitted for the model.

        Raises:
            ValueError: If the rules are for other classes, or in another order.
        """
        if rules is None:
            return cls(
                positive=(),
                not_assessed=tuple(probabilities),
                outcome=Outcome.NOT_AVAILABLE,
                abstained=None,
                conformal_set=None,
            )
        if rules.classes != tuple(probabilities):
            raise ValueError(f"Expected probabilities of {list(rules.classes)} but got {list(probabilities)}")
        ranked = sorted(probabilities, key=lambda name: -probabilities[name])
        thresholds = {name: point.threshold for name, point in rules.operating_points.items()}
        positive = tuple(
            name for name in ranked if (threshold := thresholds[name]) is not None and probabilities[name] >= threshold
        )
        abstention, sets = rules.abstention, rules.conformal
        members: tuple[str, ...] | None = None
        if sets and sets.thresholds:
            inside = sets.members(np.array([list(probabilities.values())], dtype=np.float64))[0]
            included = {name for name, is_in in zip(probabilities, inside, strict=True) if is_in}
            members = tuple(name for name in ranked if name in included)
        return cls(
            positive=positive,
            not_assessed=tuple(name for name, threshold in thresholds.items() if threshold is None),
            outcome=_outcome(len(positive), has_thresholds=any(value is not None for value in thresholds.values())),
            abstained=None
            if abstention is None or abstention.threshold is None
            else max(probabilities.values()) < abstention.threshold,
            conformal_set=members,
        )


def _outcome(positive: int, *, has_thresholds: bool) -> Outcome:
    if not has_thresholds:
        return Outcome.NOT_AVAILABLE
    if positive == 0:
        return Outcome.NONE
    return Outcome.ONE if positive == 1 else Outcome.SEVERAL
