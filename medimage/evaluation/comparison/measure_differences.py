"""Every metric of two models on the same images, image by image."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.comparison.area_difference import estimate_area_difference
from medimage.evaluation.comparison.holm import holm_adjusted
from medimage.evaluation.comparison.mcnemar import mcnemar_of
from medimage.evaluation.comparison.metric_difference import OVERALL, MetricDifference
from medimage.evaluation.comparison.paired_gain import PairedGain
from medimage.evaluation.metrics.auroc import placements
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import Estimate


@dataclass(frozen=True, kw_only=True)
class _Question:
    """One metric to compare.

    Attributes:
        name: The metric.
        scope: The class, or `overall`.
        values: The challenger's value and the champion's.
        difference: Gives their difference at a confidence level.
        counted: Images whose right and wrong answers the metric counts, shape [images]; None where it does not.
    """

    name: str
    scope: str
    values: tuple[float, float]
    difference: Callable[[float], Estimate]
    counted: NDArray[np.bool_] | None = None


def measure_differences(
    *,
    challenger: NDArray[np.float64],
    champion: NDArray[np.float64],
    labels: NDArray[np.int64],
    groups: tuple[str, ...],
    classes: tuple[str, ...],
    config: EvaluationConfig,
    seed: int,
) -> tuple[MetricDifference, ...]:
    """Compares accuracy, balanced accuracy, every sensitivity and every area under the ROC curve.

    Args:
        challenger: The challenger's probabilities, shape [images, classes].
        champion: The champion's, on the same images and in the same order of classes.
        labels: Index of the true class of each image, shape [images].
        groups: Patient, lesion or duplicate cluster of each image.
        classes: Class names in the order of the columns.
        config: Confidence level and resamples.
        seed: Seed of the bootstrap.

    Raises:
        ValueError: If there is no image, or the probabilities are not one row per image and one column per class.
    """
    expected = (len(labels), len(classes))
    if len(labels) == 0 or challenger.shape != expected or champion.shape != expected:
        raise ValueError(
            f"Expected two sets of probabilities of shape {list(expected)}, of at least one image, but got "
            f"{list(challenger.shape)} and {list(champion.shape)}"
        )
    codes = group_codes(groups)
    right = (challenger.argmax(axis=1) == labels, champion.argmax(axis=1) == labels)
    gain = PairedGain.of(
        *right, labels=labels, groups=codes, classes=len(classes), resamples=config.bootstrap_resamples, seed=seed
    )
    questions = [
        *_on_rates(gain, right, labels, classes),
        *_on_areas((challenger, champion), labels, codes, classes),
    ]
    adjusted = holm_adjusted([question.difference for question in questions], confidence=config.confidence)
    return tuple(
        _answer(question, estimate, gain=gain, confidence=config.confidence)
        for question, estimate in zip(questions, adjusted, strict=True)
    )


def _on_rates(
    gain: PairedGain,
    right: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    labels: NDArray[np.int64],
    classes: Sequence[str],
) -> list[_Question]:
    everything = np.ones(len(labels), dtype=bool)

    def rates(counted: NDArray[np.bool_]) -> tuple[float, float]:
        first, second = (float(each[counted].mean()) if counted.any() else math.nan for each in right)
        return first, second

    sensitivities = [rates(labels == index) for index in range(len(classes))]
    first, second = (float(np.nanmean(values)) for values in zip(*sensitivities, strict=True))
    return [
        _Question(
            name="accuracy", scope=OVERALL, values=rates(everything), difference=gain.accuracy, counted=everything
        ),
        _Question(
            name="balanced_accuracy", scope=OVERALL, values=(first, second), difference=gain.balanced_accuracy
        ),
        *(
            _Question(
                name="sensitivity",
                scope=name,
                values=sensitivities[index],
                difference=partial(gain.sensitivity, index),
                counted=labels == index,
            )
            for index, name in enumerate(classes)
        ),
    ]  # fmt: skip


def _on_areas(
    probabilities: tuple[NDArray[np.float64], NDArray[np.float64]],
    labels: NDArray[np.int64],
    codes: NDArray[np.int64],
    classes: Sequence[str],
) -> list[_Question]:
    def of(index: int, name: str) -> _Question:
        positive = labels == index
        first, second = (each[:, index] for each in probabilities)

        def difference(confidence: float) -> Estimate:
            return estimate_area_difference(first, second, positive, codes, confidence=confidence)

        return _Question(
            name="auroc", scope=name, values=(_area(first, positive), _area(second, positive)), difference=difference
        )

    return [of(index, name) for index, name in enumerate(classes)]


def _area(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    return placements(scores, positive).area if positive.any() and not positive.all() else math.nan


def _answer(question: _Question, adjusted: Estimate | None, *, gain: PairedGain, confidence: float) -> MetricDifference:
    counted = question.counted
    challenger, champion = question.values
    return MetricDifference(
        name=question.name,
        scope=question.scope,
        champion=champion,
        challenger=challenger,
        difference=question.difference(confidence),
        adjusted=adjusted,
        only_challenger=None if counted is None else int((gain.gain[counted] > 0).sum()),
        only_champion=None if counted is None else int((gain.gain[counted] < 0).sum()),
        mcnemar=math.nan
        if counted is None or not counted.any()
        else mcnemar_of(gain.gain[counted], gain.groups[counted]),
    )
