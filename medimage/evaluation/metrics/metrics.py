"""The figures of merit of one model on one test set."""

from dataclasses import dataclass, fields
from typing import Any, Self

from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.predictive_values import PredictiveValues


@dataclass(frozen=True, kw_only=True)
class ClassMetrics:
    """One class against the rest.

    Attributes:
        sensitivity: Share of the class's images that are recognised (recall).
        specificity: Share of the other classes' images that are not taken for this class.
        ppv: Share of images taken for this class that are of it (precision), at the test set's prevalence.
        npv: Share of images not taken for this class that are not of it, at the test set's prevalence.
        f1: Harmonic mean of sensitivity and positive predictive value.
        balanced_accuracy: Mean of sensitivity and specificity.
        mcc: Matthews' correlation of being of the class with being taken for it, in [-1, 1].
        auroc: Area under the ROC curve of the class's probability.
        auprc: Area under the precision-recall curve of the class's probability; the class's share of the test set for
            a model that knows nothing.
        brier: Mean squared distance of the class's probability from the truth, in [0, 1].
        calibration_error: Expected calibration error of the class's probability, over bins of equal count, in [0, 1]
            (classwise: Kull et al. 2019, NeurIPS).
        at_prevalence: Predictive values at the prevalence that `evaluation.prevalence` states; None where it states
            none.
    """

    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    f1: Estimate
    balanced_accuracy: Estimate
    mcc: Estimate
    auroc: Estimate
    auprc: Estimate
    brier: Estimate
    calibration_error: Estimate
    at_prevalence: PredictiveValues | None = None

    def estimates(self) -> dict[str, Estimate]:
        """Returns what was measured on the test set as it is, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "at_prevalence"}

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            **{name: estimate.to_dict() for name, estimate in self.estimates().items()},
            "at_prevalence": self.at_prevalence.to_dict() if self.at_prevalence else None,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the metrics from what `to_dict` gave."""
        stated = values["at_prevalence"]
        estimates = {name: Estimate.from_dict(value) for name, value in values.items() if name != "at_prevalence"}
        return cls(**estimates, at_prevalence=PredictiveValues.from_dict(stated) if stated else None)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """All classes together, and each of them.

    Attributes:
        accuracy: Share of images whose class is recognised.
        balanced_accuracy: Mean sensitivity.
        macro_f1: Mean F1.
        mcc: Matthews' correlation of true with predicted class, in [-1, 1].
        auroc: Mean one-versus-rest area under the ROC curve.
        auprc: Mean one-versus-rest area under the precision-recall curve.
        calibration_error: Expected calibration error over bins of equal count, in [0, 1].
        brier: Mean squared distance of the probabilities from the truth, summed over classes, in [0, 2].
        per_class: Metrics of each class, in the order of the classes.
    """

    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_f1: Estimate
    mcc: Estimate
    auroc: Estimate
    auprc: Estimate
    calibration_error: Estimate
    brier: Estimate
    per_class: dict[str, ClassMetrics]

    def overall(self) -> dict[str, Estimate]:
        """Returns the metrics of all classes together, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "per_class"}

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            **{name: estimate.to_dict() for name, estimate in self.overall().items()},
            "per_class": {name: metrics.to_dict() for name, metrics in self.per_class.items()},
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the metrics from what `to_dict` gave."""
        overall = {name: Estimate.from_dict(value) for name, value in values.items() if name != "per_class"}
        per_class = {name: ClassMetrics.from_dict(value) for name, value in values["per_class"].items()}
        return cls(**overall, per_class=per_class)
