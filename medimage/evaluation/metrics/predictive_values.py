"""Predictive values at a prevalence that is stated, instead of at that of the test set."""

import math
from dataclasses import dataclass
from typing import Any, Self

from medimage.evaluation.metrics.estimate import Estimate


@dataclass(frozen=True, kw_only=True)
class PredictiveValues:
    """What an answer is worth among patients of whom a stated share has the class.

    Attributes:
        prevalence: The share, in (0, 1).
        ppv: Chance that an image taken for the class is of it.
        npv: Chance that an image not taken for the class is not of it.
    """

    prevalence: float
    ppv: Estimate
    npv: Estimate

    def __post_init__(self) -> None:
        _require_share(self.prevalence)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {"prevalence": self.prevalence, "ppv": self.ppv.to_dict(), "npv": self.npv.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the values from what `to_dict` gave."""
        return cls(
            prevalence=values["prevalence"],
            ppv=Estimate.from_dict(values["ppv"]),
            npv=Estimate.from_dict(values["npv"]),
        )


def predictive_values(*, sensitivity: Estimate, specificity: Estimate, prevalence: float) -> PredictiveValues:
    """Works out predictive values from sensitivity and specificity by Bayes' theorem.

    Both are functions of one likelihood ratio: PPV of that of a positive answer, NPV of that of a negative one. The
    ratio's interval comes from those of the two rates (MOVER-R: Donner and Zou 2012, Stat Methods Med Res 21:347-359;
    Newcombe 2016, Stat Methods Med Res 25:1774-1778), so that whatever widened these, such as several images of a
    patient, widens it. The two rates are of different images and taken as independent.

    Args:
        sensitivity: Of the class.
        specificity: Of the class.
        prevalence: Share of the class among those that the model is for, in (0, 1).

    Raises:
        ValueError: If the prevalence is no such share.
    """
    _require_share(prevalence)
    n, groups = sensitivity.n + specificity.n, min(sensitivity.groups, specificity.groups)
    missing = next((rate for rate in (sensitivity, specificity) if not rate.has_interval), None)
    if missing is not None:
        unknown = Estimate.undefined(missing.reason, n=n, groups=groups)
        return PredictiveValues(prevalence=prevalence, ppv=unknown, npv=unknown)
    odds = prevalence / (1 - prevalence)

    def value(wrong: Estimate, right: Estimate, odds: float, undefined: str) -> Estimate:
        """Returns 1 / (1 + ratio / odds), of the ratio of wrong to right answers of one kind."""
        if wrong.value == right.value == 0:
            return Estimate.undefined(undefined, n=n, groups=groups)
        if right.value == 0:
            # The ratio is infinite; its lower limit is that of the two rates apart.
            low_ratio, ratio, high_ratio = wrong.low / right.high, math.inf, math.inf
        else:
            low_ratio, high_ratio = ratio_limits(wrong, right)
            ratio = wrong.value / right.value
        low, middle, high = (1 / (1 + each / odds) for each in (high_ratio, ratio, low_ratio))
        return Estimate(
            value=middle, low=min(low, middle), high=max(high, middle), n=n, groups=groups,
            method="MOVER-R of sensitivity and specificity",
        )  # fmt: skip

    return PredictiveValues(
        prevalence=prevalence,
        ppv=value(_complement(specificity), sensitivity, odds, "no image was taken for this class"),
        npv=value(_complement(sensitivity), specificity, 1 / odds, "every image was taken for this class"),
    )


def ratio_limits(numerator: Estimate, denominator: Estimate) -> tuple[float, float]:
    """Returns the limits of the ratio of two independent rates from their own limits, by MOVER-R.

    In the form without differences of nearly equal numbers, which also holds where the denominator's upper limit is
    twice its value.

    Args:
        numerator: A rate with its interval.
        denominator: A rate above 0 with its interval.

    Returns:
        Lower and upper limit; infinity for the upper one where the denominator may be 0.
    """
    first, second = numerator.value, denominator.value
    product = first * second
    low_part = numerator.low * (2 * first - numerator.low)
    high_part = numerator.high * (2 * first - numerator.high)
    upper_divisor = denominator.high * (2 * second - denominator.high)
    lower_divisor = denominator.low * (2 * second - denominator.low)
    # Products of parts that are at most first^2 and second^2: what is below the roots is 0 at least, but for rounding.
    below = product + math.sqrt(max(0.0, product**2 - low_part * upper_divisor))
    above = product + math.sqrt(max(0.0, product**2 - high_part * lower_divisor))
    return (
        low_part / below if below > 0 else 0.0,
        above / lower_divisor if lower_divisor > 0 else math.inf,
    )


def _complement(rate: Estimate) -> Estimate:
    return Estimate(
        value=1 - rate.value, low=1 - rate.high, high=1 - rate.low, n=rate.n, groups=rate.groups, method=rate.method
    )


def _require_share(prevalence: float) -> None:
    if not 0 < prevalence < 1:
        raise ValueError(f"Expected a prevalence in (0, 1) but got {prevalence}")
