"""An operating point: from which probability on an image counts as positive for a class."""

from dataclasses import dataclass

from medimage.decision.fitted_threshold import FittedThreshold


@dataclass(frozen=True, kw_only=True)
class OperatingPoint(FittedThreshold):
    """The threshold of one class against the rest: images with at least this probability of the class are positive.

    Attributes:
        target_sensitivity: Sensitivity that it is for, in (0, 1).
    """

    target_sensitivity: float
