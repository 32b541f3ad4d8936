"""Temperature scaling: one number that makes probabilities mean what they say."""

from dataclasses import asdict, dataclass
from typing import Any, Self, cast

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.predictions import PredictionsOnValidation, require_validation

_LIMITS = (0.05, 20.0)
"""Temperatures searched: beyond, the fit has run away from the data."""

_LIMITS_WITHOUT_ERRORS = (1e-6, 1e9)
"""Temperatures searched where no answer is wrong: what is sought is a confidence, and logits may be of any size."""


@dataclass(frozen=True, kw_only=True)
class Temperature:
    """What logits are divided by before the softmax.

    Attributes:
        value: The temperature, above 0; 1 leaves the probabilities as they are.
        fitted_on: `validation`, or `none` where no temperature was fitted.
        cases: Independent validation cases there were.
        reason: Why none was fitted; empty where one was.
        without_errors: Whether all of them were right, so that their number alone says how sure the network may be.
    """

    value: float
    fitted_on: str
    cases: int
    reason: str = ""
    without_errors: bool = False

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
    return np.asarray(scipy.special.softmax(logits.astype(np.float64) / temperature, axis=1))


def fit_temperature(validation: PredictionsOnValidation, *, minimum_cases: int) -> Temperature:
    """Finds the temperature with the smallest negative log-likelihood of the validation labels.

    Where no answer is wrong, the likelihood asks for certainty, however few the cases. The temperature is then the one
    with a mean confidence of 1 - 1 / (cases + 2), which Laplace's rule of succession expects of the next case after
    none was wrong. Thus a network that a recipe keeps from being sure, as label smoothing does, is corrected as well.
    A single wrong image leaves the likelihood to itself, which may then end a little surer than that.

    Source: Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks, ICML.

    Args:
        validation: Predictions on validation images.
        minimum_cases: With fewer independent cases none is fitted: it would be noise.

    Returns:
        A temperature of 1 with a reason where none was fitted: too few cases, or logits that no temperature makes
        as sure as they should be.
    """
    require_validation(validation)
    cases = len(set(validation.groups))
    if cases < minimum_cases:
        reason = f"{cases} independent validation cases, fewer than the {minimum_cases} that a fit needs"
        return Temperature(value=1.0, fitted_on="none", cases=cases, reason=reason)
    logits, labels = validation.logits.astype(np.float64), validation.labels
    if np.array_equal(logits.argmax(axis=1), labels):
        return _of_right_answers(logits, cases=cases)
    rows = np.arange(len(labels))

    def negative_log_likelihood(log_temperature: float) -> float:
        return -float(scipy.special.log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean())

    low, high = np.log(_LIMITS)
    result = scipy.optimize.minimize_scalar(
        negative_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-6}
    )
    optimum = float(cast("scipy.optimize.OptimizeResult", result).x)
    if not low + 1e-3 < optimum < high - 1e-3:
        reason = (
            f"the best temperature lies at the limit of the search, {_LIMITS[0]} to {_LIMITS[1]}: "
            f"{cases} validation cases do not determine it"
        )
        return Temperature(value=1.0, fitted_on="none", cases=cases, reason=reason)
    return Temperature(value=float(np.exp(optimum)), fitted_on="validation", cases=cases)


def _of_right_answers(logits: NDArray[np.float64], *, cases: int) -> Temperature:
    """Returns the temperature at which answers of which none is wrong are as sure as their number allows."""
    wanted = 1 - 1 / (cases + 2)

    def excess(log_temperature: float) -> float:
        return float(scipy.special.softmax(logits / np.exp(log_temperature), axis=1).max(axis=1).mean()) - wanted

    low, high = np.log(_LIMITS_WITHOUT_ERRORS)
    # Confidence falls as the temperature rises. Equal logits are not sure at any temperature.
    if not excess(low) > 0 > excess(high):
        reason = f"all validation images are right, and no temperature makes their mean confidence {wanted:.4f}"
        return Temperature(value=1.0, fitted_on="none", cases=cases, reason=reason)
    root = cast(float, scipy.optimize.brentq(excess, low, high, xtol=1e-9))
    return Temperature(value=float(np.exp(root)), fitted_on="validation", cases=cases, without_errors=True)
