"""Everything that was measured about one model."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.errors import DataError
from medimage.evaluation.decision.calibration import Temperature, calibrated_probabilities, fit_temperature
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.calibration_error import ReliabilityBins, reliability_bins
from medimage.evaluation.metrics.confusion import confusion_matrix
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.measurement import measure
from medimage.evaluation.metrics.metrics import Metrics
from medimage.evaluation.predictions import Predictions


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
        candidates: Models that have been judged on this test set, this one included.
    """

    validation: Predictions
    test: Predictions
    temperature: Temperature
    metrics: Metrics
    confusion: tuple[tuple[int, ...], ...]
    latency: Latency
    confidence: float
    calibration_bins: int
    candidates: int = 1

    def __post_init__(self) -> None:
        if (self.validation.part, self.test.part) != ("validation", "test"):
            raise ValueError(
                "Expected predictions of parts 'validation' and 'test' but got "
                f"{self.validation.part!r} and {self.test.part!r}"
            )
        if self.validation.classes != self.test.classes:
            raise ValueError(
                f"Expected the same classes in both parts but got {list(self.validation.classes)} in validation "
                f"and {list(self.test.classes)} in test"
            )
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
            f"{name}_per_class": {label: _brief(getattr(values, name)) for label, values in metrics.per_class.items()}
            for name in ("mcc", "auroc", "auprc")
        }
        return {
            **{name: _brief(estimate) for name, estimate in overall.items()},
            **by_class,
        }

    def to_dict(self) -> dict[str, Any]:
        """Returns everything but the predictions as JSON-ready values."""
        return {
            "temperature": self.temperature.to_dict(),
            "metrics": self.metrics.to_dict(),
            "confusion": [list(row) for row in self.confusion],
            "latency": self.latency.to_dict(),
            "confidence": self.confidence,
            "calibration_bins": self.calibration_bins,
            "candidates": self.candidates,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, validation: Predictions, test: Predictions) -> Self:
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
            candidates=values["candidates"],
        )


def evaluate(
    *,
    validation: Predictions,
    test: Predictions,
    latency: Latency,
    config: EvaluationConfig,
    seed: int,
    candidates: int = 1,
) -> Evaluation:
    """Fits the temperature on validation, then measures the test predictions once.

    Args:
        validation: Predictions on the validation images.
        test: Predictions on the test images.
        latency: Time for one image, measured elsewhere.
        config: Confidence level, interval method, resamples, bins, cases needed for a temperature.
        seed: Seed of the bootstrap.
        candidates: Models that have been judged on this test set, this one included.

    Raises:
        DataError: If there is no test image.
        ValueError: If the parts are mistaken for each other or differ in their classes, or a label is no class.
    """
    if len(test) == 0:
        raise DataError(
            "The split leaves no test image, so nothing can be said about the model. Give split.test a larger share, "
            "or add images."
        )
    return measure_evaluation(
        validation=validation,
        test=test,
        temperature=fit_temperature(validation, minimum_cases=config.minimum_calibration_cases),
        latency=latency,
        config=config,
        seed=seed,
        candidates=candidates,
    )


def measure_evaluation(
    *,
    validation: Predictions,
    test: Predictions,
    temperature: Temperature,
    latency: Latency,
    config: EvaluationConfig,
    seed: int,
    candidates: int,
) -> Evaluation:
    """Measures the test predictions at a temperature that is known; arguments are as for `evaluate`."""
    probabilities = calibrated_probabilities(test.logits, temperature.value)
    metrics = measure(
        probabilities=probabilities,
        labels=test.labels,
        groups=test.groups,
        classes=test.classes,
        config=config,
        seed=seed,
    )
    confusion = confusion_matrix(test.labels, probabilities.argmax(axis=1), classes=len(test.classes))
    return Evaluation(
        validation=validation,
        test=test,
        temperature=temperature,
        metrics=metrics,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        latency=latency,
        confidence=config.confidence,
        calibration_bins=config.calibration_bins,
        candidates=candidates,
    )


def _brief(estimate: Estimate) -> dict[str, Any]:
    values = estimate.to_dict()
    kept = ("value", "low", "high", "n", "groups") + (("reason",) if estimate.reason else ())
    return {key: values[key] for key in kept}
