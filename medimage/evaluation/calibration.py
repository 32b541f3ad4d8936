"""Temperature scaling: one number that makes probabilities mean what they say."""

from dataclasses import asdict, dataclass
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize_scalar
from scipy.special import log_softmax, softmax

from medimage.evaluation.predictions import Predictions

_LIMITS = (0.05, 20.0)
"""Temperatures searched: beyond, the fit has run away from the data."""


@dataclass(frozen=True, kw_only=True)
class Temperature:
    """What logits are divided by before the softmax.

    Attributes:
        value: The temperature, above 0; 1 leaves the probabilities as they are.
        fitted_on: `validation`, or `none` where no temperature was fitted.
        cases: Independent validation cases there were.
        reason: Why none was fitted; empty where one was.
    """

    value: float
    fitted_on: str
    cases: int
    reason: str = ""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.value) and self.value > 0):
            raise ValueError(f"Expected a temperature above 0 but got {self.value}")
        if self.fitted_on not in ("validation", "none"):
            raise ValueError(f"Expected fitted_on to be one of ('validation', 'none') but got {self.fitted_on!r}")
        if (self.fitted_on == "none") != bool(self.reason):
            raise ValueError(f"Expected a reason exactly where nothing was fitted but got {self.reason!r}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the temperature from what `to_dict` gave."""
        return cls(**values)


def calibrated_probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Returns softmax(logits / temperature), shape [images, classes]; rows add up to 1."""
    return np.asarray(softmax(logits.astype(np.float64) / temperature, axis=1))


def fit_temperature(validation: Predictions, *, minimum_cases: int) -> Temperature:
    """Finds the temperature with the smallest negative log-likelihood of the validation labels.

    Where no answer is wrong, the likelihood would ask for certainty. The labels are then held to be right but for one
    in two more than the cases there are, which is what Laplace's rule of succession says of the next case after none
    was wrong. A recipe that keeps a network from being sure, such as label smoothing, is so corrected as well.

    Sources: Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks, ICML; for labels that are
    not held to be certain, Platt (1999), Probabilistic Outputs for Support Vector Machines.

    Args:
        validation: Predictions on validation images; those on test images are refused.
        minimum_cases: With fewer independent cases none is fitted: it would be noise.

    Returns:
        A temperature of 1 with a reason where none was fitted: too few cases, or an optimum at the limit of the search.

    Raises:
        ValueError: If the predictions are not those of the validation part.
    """
    if validation.part != "validation":
        raise ValueError(
            f"Expected validation predictions to fit a temperature on but got those of part {validation.part!r}: "
            "a temperature fitted on test images would make the test result too good"
        )
    cases = len(set(validation.groups))
    if cases < minimum_cases:
        reason = f"{cases} independent validation cases, fewer than the {minimum_cases} that a fit needs"
        return Temperature(value=1.0, fitted_on="none", cases=cases, reason=reason)
    logits, labels = validation.logits.astype(np.float64), validation.labels
    targets = np.eye(logits.shape[1])[labels]
    if np.array_equal(logits.argmax(axis=1), labels):
        doubt = 1 / (cases + 2)
        targets = np.where(targets == 1, 1 - doubt, doubt / (logits.shape[1] - 1))

    def negative_log_likelihood(log_temperature: float) -> float:
        return -float((targets * log_softmax(logits / np.exp(log_temperature), axis=1)).sum(axis=1).mean())

    low, high = np.log(_LIMITS)
    result = minimize_scalar(negative_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    optimum = float(cast(OptimizeResult, result).x)
    if not low + 1e-3 < optimum < high - 1e-3:
        reason = (
            f"the best temperature lies at the limit of the search, {_LIMITS[0]} to {_LIMITS[1]}: "
            f"{cases} validation cases do not determine it"
        )
        return Temperature(value=1.0, fitted_on="none", cases=cases, reason=reason)
    return Temperature(value=float(np.exp(optimum)), fitted_on="validation", cases=cases)
