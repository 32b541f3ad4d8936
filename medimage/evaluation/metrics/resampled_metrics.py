"""Every metric in every bootstrap resample."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.metrics.calibration_error import ReliabilityBins
from medimage.evaluation.metrics.cluster_bootstrap import resampled_totals, strata_by_label, totals_by_group
from medimage.evaluation.metrics.judged_images import JudgedImages


@dataclass(frozen=True, kw_only=True)
class ResampledMetrics:
    """Metrics in each bootstrap resample of whole groups; NaN where a resample leaves one undefined.

    Attributes:
        confusion: Images by true and predicted class, shape [resamples, classes, classes].
        accuracy: Shape [resamples].
        sensitivity: Shape [resamples, classes].
        specificity: Shape [resamples, classes].
        ppv: Shape [resamples, classes].
        npv: Shape [resamples, classes].
        jaccard: TP / (TP + FP + FN), shape [resamples, classes].
        calibration_error: Over the bins of the whole set, shape [resamples].
        brier: Shape [resamples].
        class_calibration_error: Of each class's probability, shape [resamples, classes].
        class_brier: Shape [resamples, classes].
    """

    confusion: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    specificity: NDArray[np.float64]
    ppv: NDArray[np.float64]
    npv: NDArray[np.float64]
    jaccard: NDArray[np.float64]
    calibration_error: NDArray[np.float64]
    brier: NDArray[np.float64]
    class_calibration_error: NDArray[np.float64]
    class_brier: NDArray[np.float64]


def resample_metrics(
    judged: JudgedImages, *, bins: ReliabilityBins, class_bins: Sequence[ReliabilityBins], seed: int
) -> ResampledMetrics:
    """Draws whole groups and computes every metric from sums alone.

    Args:
        judged: The classified images.
        bins: Bins of the images by confidence.
        class_bins: Bins of the images by the probability of each class.
        seed: Seed of the draws.
    """
    classes = len(judged.classes)
    cells = np.zeros((len(judged), classes * classes))
    cells[np.arange(len(judged)), judged.labels * classes + judged.predicted] = 1
    parts = [
        cells,
        (judged.probabilities - judged.truth) ** 2,
        _gaps(judged.probabilities.max(axis=1) - judged.correct, bins),
        *(
            _gaps(judged.probabilities[:, index] - judged.truth[:, index], each)
            for index, each in enumerate(class_bins)
        ),
    ]
    totals = resampled_totals(
        totals_by_group(np.column_stack(parts), judged.groups),
        strata=strata_by_label(judged.labels, judged.groups),
        resamples=judged.config.bootstrap_resamples,
        seed=seed,
    )
    of_cells, squares, gaps, *class_gaps = np.split(
        totals, np.cumsum([part.shape[1] for part in parts])[:-1].tolist(), axis=1
    )
    confusion = of_cells.reshape(-1, classes, classes)
    images = confusion.sum(axis=(1, 2))
    actual, claimed = confusion.sum(axis=2), confusion.sum(axis=1)
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ResampledMetrics(
            confusion=confusion,
            accuracy=hits.sum(axis=1) / images,
            sensitivity=hits / actual,
            specificity=1 - (claimed - hits) / (images[:, None] - actual),
            ppv=hits / claimed,
            npv=1 - (actual - hits) / (images[:, None] - claimed),
            jaccard=hits / (actual + claimed - hits),
            calibration_error=np.abs(gaps).sum(axis=1) / images,
            brier=squares.sum(axis=1) / images,
            class_calibration_error=np.column_stack([np.abs(each).sum(axis=1) / images for each in class_gaps]),
            class_brier=squares / images[:, None],
        )


def _gaps(gap: NDArray[np.float64], bins: ReliabilityBins) -> NDArray[np.float64]:
    """Puts the distance of each image's probability from what happened into its bin, shape [images, bins]."""
    placed = np.zeros((len(gap), len(bins.counts)))
    placed[np.arange(len(gap)), bins.assignment] = gap
    return placed
