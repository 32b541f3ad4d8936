"""Computes every metric of a test set with its interval."""

import numpy as np

from medimage.errors import DataError
from medimage.evaluation.metrics.calibration_error import reliability_bins
from medimage.evaluation.metrics.centred import centred_estimate, estimate_calibration_error
from medimage.evaluation.metrics.class_measurement import f1_of_jaccard, measure_class
from medimage.evaluation.metrics.cluster_bootstrap import drawn_groups, strata_by_label
from medimage.evaluation.metrics.combination import mean_of_areas, mean_of_rates
from medimage.evaluation.metrics.confusion import confusion_matrix
from medimage.evaluation.metrics.judged_images import JudgedImages
from medimage.evaluation.metrics.matthews import estimate_matthews
from medimage.evaluation.metrics.metrics import Metrics
from medimage.evaluation.metrics.resampled_metrics import resample_metrics


def measure(judged: JudgedImages, *, seed: int) -> Metrics:
    """Measures classified images.

    Args:
        judged: The images.
        seed: Seed of the bootstrap.

    Raises:
        DataError: If a prevalence is stated for a class that there is not.
    """
    config, count = judged.config, len(judged.classes)
    strangers = sorted(set(config.prevalence) - set(judged.classes))
    if strangers:
        raise DataError(
            f"Expected evaluation.prevalence to name classes of the data, {list(judged.classes)}, but got {strangers}"
        )
    bins = reliability_bins(
        judged.probabilities.max(axis=1), judged.correct, bins=config.calibration_bins, cases=judged.cases
    )
    class_bins = [
        reliability_bins(
            judged.probabilities[:, index], judged.truth[:, index], bins=config.calibration_bins, cases=judged.cases
        )
        for index in range(count)
    ]
    resampled = resample_metrics(judged, bins=bins, class_bins=class_bins, seed=seed)
    confusion = confusion_matrix(judged.labels, judged.predicted, classes=count).astype(np.float64)
    drawn = drawn_groups(strata_by_label(judged.labels, judged.groups), resamples=config.bootstrap_resamples, seed=seed)
    per_class = {
        name: measure_class(
            judged, index, confusion=confusion, bins=class_bins[index], resampled=resampled, drawn=drawn
        )
        for index, name in enumerate(judged.classes)
    }
    accuracy = judged.rate(judged.correct, resampled=resampled.accuracy)
    everything = {"n": len(judged), "groups": judged.cases, "confidence": config.confidence}
    return Metrics(
        accuracy=accuracy,
        balanced_accuracy=mean_of_rates(
            [metrics.sensitivity for metrics in per_class.values()],
            resampled=resampled.sensitivity.mean(axis=1),
            **everything,
        ),
        macro_f1=mean_of_rates(
            [metrics.f1 for metrics in per_class.values()],
            resampled=f1_of_jaccard(resampled.jaccard).mean(axis=1),
            **everything,
        ),
        mcc=estimate_matthews(confusion, resampled.confusion, cases=judged.cases, confidence=config.confidence),
        auroc=mean_of_areas([metrics.auroc for metrics in per_class.values()]),
        auprc=mean_of_areas([metrics.auprc for metrics in per_class.values()]),
        calibration_error=estimate_calibration_error(
            bins, resampled.calibration_error, share=accuracy, confidence=config.confidence
        ),
        brier=centred_estimate(
            float(((judged.probabilities - judged.truth) ** 2).sum(axis=1).mean()),
            resampled.brier,
            n=len(judged),
            cases=judged.cases,
            confidence=config.confidence,
        ),
        per_class=per_class,
    )
