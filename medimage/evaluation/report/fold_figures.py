"""The figures of each fold, and how far apart they lie."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.metrics.estimate import Estimate, none_if_nan
from medimage.evaluation.metrics.sensitivity_floor import SensitivityFloor, sensitivity_floor

SPREAD_NAMES = ("accuracy", "balanced_accuracy", "macro_f1", "mcc", "auroc", "calibration_error")
"""Figures whose mean and spread over the folds are told."""

WHY_POOLED = (
    "The pooled figures count: they judge every image once, by the one model that had not seen it, and their "
    "intervals count independent cases. Mean ± standard deviation tells how far results of single folds lie apart. It "
    "is no interval of the recipe's quality: folds share most of their training images, so their results are not "
    "independent, and no unbiased estimate of their variance exists (Bengio and Grandvalet 2004, J Mach Learn Res "
    "5:1089-1105)."
)
"""What to read, and why."""


@dataclass(frozen=True, kw_only=True)
class FoldFigures:
    """What one fold's model reached on its test fold.

    Attributes:
        fold: Number of the fold, from 0.
        images: Test images.
        cases: Independent cases among them.
        metrics: Figures of all classes together, by name.
        floor: The lowest sensitivity of any class.
        confidence: Mean calibrated probability of the predicted class, in [0, 1].
        temperature: What the logits were divided by.
    """

    fold: int
    images: int
    cases: int
    metrics: dict[str, Estimate]
    floor: SensitivityFloor
    confidence: float
    temperature: float

    @classmethod
    def of(cls, evaluation: Evaluation, *, fold: int) -> "FoldFigures":
        """Reads them from a fold's evaluation."""
        return cls(
            fold=fold,
            images=len(evaluation.test),
            cases=len(set(evaluation.test.groups)),
            metrics=evaluation.metrics.overall(),
            floor=sensitivity_floor(evaluation.metrics),
            confidence=mean_confidence(evaluation),
            temperature=evaluation.temperature.value,
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "fold": self.fold,
            "images": self.images,
            "cases": self.cases,
            **{name: _brief(estimate) for name, estimate in self.metrics.items()},
            "sensitivity_floor": self.floor.to_dict(),
            "mean_confidence": self.confidence,
            "temperature": self.temperature,
        }


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A figure over the folds.

    Attributes:
        mean: Mean of the folds where it is defined; NaN where it is in none.
        sd: Their sample standard deviation; NaN with fewer than two.
        folds: Folds in which it is defined.
    """

    mean: float
    sd: float
    folds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Measures it; values that are NaN are left out and told by `folds`."""
        defined = [value for value in values if not math.isnan(value)]
        return cls(
            mean=statistics.fmean(defined) if defined else math.nan,
            sd=statistics.stdev(defined) if len(defined) > 1 else math.nan,
            folds=len(defined),
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {"mean": none_if_nan(self.mean), "sd": none_if_nan(self.sd), "folds": self.folds}


def spread_over_folds(folds: Sequence[FoldFigures]) -> dict[str, Spread]:
    """Returns mean and standard deviation of each figure over the folds."""
    spreads = {name: Spread.of([fold.metrics[name].value for fold in folds]) for name in SPREAD_NAMES}
    return {
        **spreads,
        "sensitivity_floor": Spread.of([fold.floor.estimate.value for fold in folds]),
        "mean_confidence": Spread.of([fold.confidence for fold in folds]),
    }


def mean_confidence(evaluation: Evaluation) -> float:
    """Returns the mean calibrated probability of the predicted class over the test images, in [0, 1]."""
    return float(np.mean(evaluation.probabilities().max(axis=1)))


def _brief(estimate: Estimate) -> dict[str, Any]:
    values = estimate.to_dict()
    return {key: values[key] for key in ("value", "low", "high", "n", "groups")}
