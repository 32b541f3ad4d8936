"""Every metric in every bootstrap resample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.metrics.calibration_error import ReliabilityBins
from medimage.evaluation.metrics.cluster_bootstrap import resampled_totals, strata_by_label, totals_by_group


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


def resample_metrics(
    *,
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    squares: NDArray[np.float64],
    bins: ReliabilityBins,
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    classes: int,
    config: EvaluationConfig,
    seed: int,
) -> ResampledMetrics:
    """Draws whole groups and computes every metric from sums alone.

    Args:
        labels: Index of the true class of each image, shape [images].
        predicted: Index of the predicted class, shape [images].
        squares: Squared distance of the probabilities from the truth, shape [images].
        bins: Bins of the images by confidence.
        probabilities: Shape [images, classes].
        groups: Group of each image as an integer from 0, shape [images].
        classes: Number of classes.
        config: Number of resamples.
        seed: Seed of the draws.
    """
    rows = np.arange(len(labels))
    cells = np.zeros((len(labels), classes * classes))
    cells[rows, labels * classes + predicted] = 1
    gaps = np.zeros((len(labels), len(bins.counts)))
    gaps[rows, bins.assignment] = probabilities.max(axis=1) - (predicted == labels)
    totals = resampled_totals(
        totals_by_group(np.column_stack([cells, gaps, squares]), groups),
        strata=strata_by_label(labels, groups),
        resamples=config.bootstrap_resamples,
        seed=seed,
    )
    confusion = totals[:, : classes * classes].reshape(-1, classes, classes)
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
            calibration_error=np.abs(totals[:, classes * classes : -1]).sum(axis=1) / images,
            brier=totals[:, -1] / images,
        )
