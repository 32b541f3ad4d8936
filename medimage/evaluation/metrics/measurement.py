"""Computes every metric of a test set with its interval."""

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.metrics.auroc import estimate_auroc, mean_auroc
from medimage.evaluation.metrics.average_precision import estimate_average_precision
from medimage.evaluation.metrics.calibration_error import ReliabilityBins, reliability_bins
from medimage.evaluation.metrics.cluster_bootstrap import drawn_groups, group_codes, percentile_limits, strata_by_label
from medimage.evaluation.metrics.combination import mean_of_rates
from medimage.evaluation.metrics.confusion import confusion_matrix
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.matthews import estimate_matthews, one_against_rest
from medimage.evaluation.metrics.metrics import ClassMetrics, Metrics
from medimage.evaluation.metrics.proportion import estimate_proportion
from medimage.evaluation.metrics.resampled_metrics import resample_metrics


def measure(
    *,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    groups: tuple[str, ...],
    classes: tuple[str, ...],
    config: EvaluationConfig,
    seed: int,
) -> Metrics:
    """Measures classified images.

    Args:
        probabilities: Calibrated probabilities, shape [images, classes], rows adding up to 1.
        labels: Index of the true class of each image, shape [images].
        groups: Patient, lesion or duplicate cluster of each image.
        classes: Class names in the order of the columns.
        config: Confidence level, interval method, resamples and bins.
        seed: Seed of the bootstrap.

    Raises:
        ValueError: If there is no image, a label is not an index of a class, or a row of probabilities is not one.
    """
    if len(labels) == 0:
        raise ValueError("Expected test images to measure but got none")
    if not (labels.min() >= 0 and labels.max() < len(classes)):
        raise ValueError(f"Expected labels from 0 to {len(classes) - 1} but got {np.unique(labels).tolist()}")
    if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-6) or probabilities.min() < 0:
        raise ValueError("Expected probabilities of 0 or more that add up to 1 for every image")
    codes = group_codes(groups)
    predicted = probabilities.argmax(axis=1)
    correct = predicted == labels
    count, cases = len(labels), int(codes.max()) + 1
    bins = reliability_bins(probabilities.max(axis=1), correct, bins=config.calibration_bins, cases=cases)
    squares = ((probabilities - np.eye(len(classes))[labels]) ** 2).sum(axis=1)
    resampled = resample_metrics(
        labels=labels, predicted=predicted, squares=squares, bins=bins, probabilities=probabilities, groups=codes,
        classes=len(classes), config=config, seed=seed,
    )  # fmt: skip

    def rate(hits: NDArray[np.bool_], counted: NDArray[np.bool_], draws: NDArray[np.float64], reason: str) -> Estimate:
        return estimate_proportion(
            hits[counted], codes[counted], confidence=config.confidence, interval=config.interval, resampled=draws,
            undefined=reason,
        )  # fmt: skip

    confusion = confusion_matrix(labels, predicted, classes=len(classes)).astype(np.float64)
    drawn = drawn_groups(strata_by_label(labels, codes), resamples=config.bootstrap_resamples, seed=seed)
    everything = np.ones(len(labels), dtype=bool)
    accuracy = rate(correct, everything, resampled.accuracy, "no test image")
    per_class: dict[str, ClassMetrics] = {}
    for index, name in enumerate(classes):
        actual, claimed = labels == index, predicted == index
        jaccard = rate(
            actual & claimed,
            actual | claimed,
            resampled.jaccard[:, index],
            "no test image of this class, none taken for it",
        )
        per_class[name] = ClassMetrics(
            sensitivity=rate(claimed, actual, resampled.sensitivity[:, index], "no test image of this class"),
            specificity=rate(~claimed, ~actual, resampled.specificity[:, index], "no test image of any other class"),
            ppv=rate(actual, claimed, resampled.ppv[:, index], "no test image was taken for this class"),
            npv=rate(~actual, ~claimed, resampled.npv[:, index], "every test image was taken for this class"),
            f1=_f1_from_jaccard(jaccard),
            mcc=estimate_matthews(
                one_against_rest(confusion, index),
                one_against_rest(resampled.confusion, index),
                cases=cases,
                confidence=config.confidence,
            ),
            auroc=estimate_auroc(probabilities[:, index], actual, codes, confidence=config.confidence),
            auprc=estimate_average_precision(
                probabilities[:, index],
                actual,
                codes,
                drawn=drawn,
                confidence=config.confidence,
                interval=config.interval,
            ),
        )
    return Metrics(
        accuracy=accuracy,
        balanced_accuracy=mean_of_rates(
            [metrics.sensitivity for metrics in per_class.values()],
            n=count, groups=cases, confidence=config.confidence, resampled=resampled.sensitivity.mean(axis=1),
        ),
        macro_f1=mean_of_rates(
            [metrics.f1 for metrics in per_class.values()],
            n=count, groups=cases, confidence=config.confidence, resampled=_f1(resampled.jaccard).mean(axis=1),
        ),
        mcc=estimate_matthews(confusion, resampled.confusion, cases=cases, confidence=config.confidence),
        auroc=mean_auroc([metrics.auroc for metrics in per_class.values()]),
        calibration_error=_calibration_error(
            bins, resampled.calibration_error, accuracy=accuracy, confidence=config.confidence
        ),
        brier=_centred(float(squares.mean()), resampled.brier, n=count, cases=cases, confidence=config.confidence),
        per_class=per_class,
    )  # fmt: skip


def _f1(jaccard: NDArray[np.float64]) -> NDArray[np.float64]:
    return 2 * jaccard / (1 + jaccard)


def _f1_from_jaccard(jaccard: Estimate) -> Estimate:
    """Turns TP / (TP + FP + FN), which is a proportion and has an interval, into F1, which rises with it.

    Source: Hand, Christen and Kirielle (2021), F*: an interpretable transformation of the F-measure, Mach Learn 110.
    """
    if not jaccard.is_defined:
        return jaccard
    value, low, high = _f1(np.array([jaccard.value, jaccard.low, jaccard.high])).tolist()
    return Estimate(
        value=value, low=low, high=high, n=jaccard.n, groups=jaccard.groups, method=f"{jaccard.method}, of F*"
    )


def _centred(value: float, draws: NDArray[np.float64], *, n: int, cases: int, confidence: float) -> Estimate:
    """Puts the spread of the resamples around the estimate.

    The mean of absolute gaps is biased upwards, and more so in resamples: their plain percentiles may even leave the
    estimate out (Davison and Hinkley 1997, section 5.2).
    """
    if cases < 2:
        return Estimate.without_interval(value, "a single independent case tells no uncertainty", n=n, groups=cases)
    low, high = percentile_limits(draws - (draws.mean() - value), confidence=confidence)
    return Estimate(
        value=value, low=min(value, max(0.0, low)), high=max(value, high), n=n, groups=cases,
        method="cluster bootstrap, centred",
    )  # fmt: skip


def _calibration_error(
    bins: ReliabilityBins, draws: NDArray[np.float64], *, accuracy: Estimate, confidence: float
) -> Estimate:
    """Estimates the expected calibration error.

    The error is never below the distance of the mean confidence from the accuracy; so its upper limit is not below
    that of this distance. It matters where every image is right and no resample holds an error.
    """
    estimate = _centred(bins.error, draws, n=accuracy.n, cases=accuracy.groups, confidence=confidence)
    if not estimate.has_interval:
        return estimate
    mean_confidence = float(bins.confidence @ bins.counts / bins.counts.sum())
    furthest = max(abs(mean_confidence - accuracy.low), abs(mean_confidence - accuracy.high))
    return Estimate(
        value=estimate.value,
        low=estimate.low,
        high=min(1.0, max(estimate.high, furthest)),
        n=estimate.n,
        groups=estimate.groups,
        method=f"{estimate.method}, at least that of the mean confidence",
    )
