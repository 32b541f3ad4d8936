"""Abstention: which answers are too unsure to be given."""

from dataclasses import dataclass

from medimage.decision.fitted_threshold import FittedThreshold


@dataclass(frozen=True, kw_only=True)
class AbstentionRule(FittedThreshold):
    """The confidence (calibrated probability of the predicted class) below which no answer is given.

    Attributes:
        target_error: Share of wrong answers among those given that must not be exceeded, in (0, 1).
        confidence: Chance that it is not, in (0.5, 1).
    """

    target_error: float
    confidence: float
