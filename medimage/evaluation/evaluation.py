"""Everything that was measured about one model."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from medimage.decision.decision_rules import DecisionRules
from medimage.evaluation.decision.calibration import Temperature, calibrated_probabilities
from medimage.evaluation.decision.decision_outcome import DecisionOutcome
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.calibration_error import ReliabilityBins, reliability_bins
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.metrics import Metrics
from medimage.evaluation.metrics.proportion import estimate_proportion
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation, require_separate_parts

_NAMED_LIKE_OVERALL = {
    "balanced_accuracy": "balanced_accuracy",
    "mcc": "mcc",
    "auroc": "auroc",
    "auprc": "auprc",
    "brier": "brier",
    "calibration_error": "ece",
}
"""Metrics of a class that share their name with one of all classes: name → name in the summary."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """A model's predictions, and what they amount to.

    Attributes:
        validation: Predictions on the validation images.
        test: Predictions on the test images.
        temperature: Temperature, fitted on validation only.
        metrics: Metrics of the test images, with intervals.
        confusion: Test images by true class (row) and predicted class (column).
        latency: Time for one image.
        confidence: Two-sided confidence level of the intervals.
        calibration_bins: Bins of the calibration error at most.
        rules: Operating points and the like, fitted on validation only; None where every fold has its own.
        decisions: What they amount to on the test images; None where there are no rules.
        candidates: Models that have been judged on this test set, this one included.
    """

    validation: PredictionsOnValidation
    test: PredictionsOnTest
    temperature: Temperature
    metrics: Metrics
    confusion: tuple[tuple[int, ...], ...]
    latency: Latency
    confidence: float
    calibration_bins: int
    rules: DecisionRules | None = None
    decisions: DecisionOutcome | None = None
    candidates: int = 1

    def __post_init__(self) -> None:
        require_separate_parts(self.validation, self.test)
        if (self.rules is None) != (self.decisions is None):
            raise ValueError("Expected decision rules and what they amount to, or neither of them")
        if self.candidates < 1:
            raise ValueError(f"Expected at least one candidate, this one, but got {self.candidates}")

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the network's outputs."""
        return self.test.classes

    def probabilities(self) -> NDArray[np.float64]:
        """Returns the calibrated probabilities of the test images, shape [images, classes]."""
        return calibrated_probabilities(self.test.logits, self.temperature.value)

    def reliability(self) -> ReliabilityBins:
        """Returns the test images in bins of rising confidence."""
        probabilities = self.probabilities()
        correct = probabilities.argmax(axis=1) == self.test.labels
        cases = len(set(self.test.groups))
        return reliability_bins(probabilities.max(axis=1), correct, bins=self.calibration_bins, cases=cases)

    def reliability_shares(self) -> tuple[Estimate, ...]:
        """Returns the share of right answers in each of these bins, with its interval."""
        bins, groups = self.reliability(), group_codes(self.test.groups)
        correct = self.probabilities().argmax(axis=1) == self.test.labels
        return tuple(
            estimate_proportion(
                correct[bins.assignment == each], groups[bins.assignment == each], confidence=self.confidence
            )
            for each in range(len(bins.counts))
        )

    def cases_per_class(self) -> dict[str, int]:
        """Returns the independent test cases (groups) of each class."""
        return {
            name: len(
                {group for group, label in zip(self.test.groups, self.test.labels, strict=True) if label == index}
            )
            for index, name in enumerate(self.classes)
        }

    def summary(self) -> dict[str, Any]:
        """Returns the metrics for the summary of a run, JSON-ready: name, or name and class → value, low, high, n."""
        metrics = self.metrics
        overall = {"ece" if name == "calibration_error" else name: value for name, value in metrics.overall().items()}
        by_class = {
            name: {label: _brief(getattr(values, name)) for label, values in metrics.per_class.items()}
            for name in ("sensitivity", "specificity", "ppv", "npv", "f1")
        }
        # Their plain names are those of all classes together.
        by_class |= {
            f"{short}_per_class": {label: _brief(getattr(values, name)) for label, values in metrics.per_class.items()}
            for name, short in _NAMED_LIKE_OVERALL.items()
        }
        stated = {name: values.at_prevalence for name, values in metrics.per_class.items() if values.at_prevalence}
        at_prevalence = {
            f"{kind}_at_prevalence": {
                label: {**_brief(getattr(values, kind)), "prevalence": values.prevalence}
                for label, values in stated.items()
            }
            for kind in ("ppv", "npv")
            if stated
        }
        return {
            **{name: _brief(estimate) for name, estimate in overall.items()},
            **by_class,
            **at_prevalence,
        }

    def decision_summary(self) -> dict[str, Any] | None:
        """Returns the decision rules and what they amount to on the test images, JSON-ready; None without rules."""
        if self.rules is None or self.decisions is None:
            return None
        return {"rules": self.rules.to_dict(), "on_test": self.decisions.to_dict()}

    def to_dict(self) -> dict[str, Any]:
        """Returns everything but the predictions as JSON-ready values."""
        return {
            "temperature": self.temperature.to_dict(),
            "metrics": self.metrics.to_dict(),
            "confusion": [list(row) for row in self.confusion],
            "latency": self.latency.to_dict(),
            "confidence": self.confidence,
            "calibration_bins": self.calibration_bins,
            "rules": self.rules.to_dict() if self.rules else None,
            "decisions": self.decisions.to_dict() if self.decisions else None,
            "candidates": self.candidates,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, validation: PredictionsOnValidation, test: PredictionsOnTest) -> Self:
        """Builds the evaluation from what `to_dict` gave and the predictions, which are stored beside it."""
        return cls(
            validation=validation,
            test=test,
            temperature=Temperature.from_dict(values["temperature"]),
            metrics=Metrics.from_dict(values["metrics"]),
            confusion=tuple(tuple(row) for row in values["confusion"]),
            latency=Latency.from_dict(values["latency"]),
            confidence=values["confidence"],
            calibration_bins=values["calibration_bins"],
            rules=DecisionRules.from_dict(values["rules"]) if values["rules"] else None,
            decisions=DecisionOutcome.from_dict(values["decisions"]) if values["decisions"] else None,
            candidates=values["candidates"],
        )


def _brief(estimate: Estimate) -> dict[str, Any]:
    values = estimate.to_dict()
    kept = ("value", "low", "high", "n", "groups") + (("reason",) if estimate.reason else ())
    return {key: values[key] for key in kept}
