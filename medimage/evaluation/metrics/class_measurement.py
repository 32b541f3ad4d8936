"""Computes the metrics of one class against the rest."""

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.metrics.auroc import estimate_auroc
from medimage.evaluation.metrics.average_precision import estimate_average_precision
from medimage.evaluation.metrics.calibration_error import ReliabilityBins
from medimage.evaluation.metrics.centred import centred_estimate, estimate_calibration_error
from medimage.evaluation.metrics.combination import mean_of_rates
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.judged_images import JudgedImages
from medimage.evaluation.metrics.matthews import estimate_matthews, one_against_rest
from medimage.evaluation.metrics.metrics import ClassMetrics
from medimage.evaluation.metrics.predictive_values import predictive_values
from medimage.evaluation.metrics.resampled_metrics import ResampledMetrics


def measure_class(
    judged: JudgedImages,
    index: int,
    *,
    confusion: NDArray[np.float64],
    bins: ReliabilityBins,
    resampled: ResampledMetrics,
    drawn: NDArray[np.uint16],
) -> ClassMetrics:
    """Measures one class against the rest.

    Args:
        judged: The classified images.
        index: Which class.
        confusion: Images by true and predicted class, shape [classes, classes].
        bins: The images in bins of the class's probability.
        resampled: Every metric in every resample.
        drawn: How often each group is in each resample, shape [resamples, groups].
    """
    config = judged.config
    actual, claimed = judged.truth[:, index], judged.predicted == index
    scores = judged.probabilities[:, index]
    sensitivity = judged.rate(
        claimed, actual, resampled=resampled.sensitivity[:, index], undefined="no test image of this class"
    )
    specificity = judged.rate(
        ~claimed, ~actual, resampled=resampled.specificity[:, index], undefined="no test image of any other class"
    )
    prevalence = config.prevalence.get(judged.classes[index])
    return ClassMetrics(
        sensitivity=sensitivity,
        specificity=specificity,
        ppv=judged.rate(
            actual, claimed, resampled=resampled.ppv[:, index], undefined="no test image was taken for this class"
        ),
        npv=judged.rate(
            ~actual, ~claimed, resampled=resampled.npv[:, index], undefined="every test image was taken for this class"
        ),
        f1=f1_from_jaccard(
            judged.rate(
                actual & claimed,
                actual | claimed,
                resampled=resampled.jaccard[:, index],
                undefined="no test image of this class, none taken for it",
            )
        ),
        balanced_accuracy=mean_of_rates(
            [sensitivity, specificity],
            n=len(judged),
            groups=judged.cases,
            confidence=config.confidence,
            resampled=(resampled.sensitivity[:, index] + resampled.specificity[:, index]) / 2,
        ),
        mcc=estimate_matthews(
            one_against_rest(confusion, index),
            one_against_rest(resampled.confusion, index),
            cases=judged.cases,
            confidence=config.confidence,
        ),
        auroc=estimate_auroc(scores, actual, judged.groups, confidence=config.confidence),
        auprc=estimate_average_precision(
            scores, actual, judged.groups, drawn=drawn, confidence=config.confidence, interval=config.interval
        ),
        brier=centred_estimate(
            float(((scores - actual) ** 2).mean()),
            resampled.class_brier[:, index],
            n=len(judged),
            cases=judged.cases,
            confidence=config.confidence,
        ),
        calibration_error=estimate_calibration_error(
            bins,
            resampled.class_calibration_error[:, index],
            share=judged.rate(actual),
            confidence=config.confidence,
        ),
        at_prevalence=None
        if prevalence is None
        else predictive_values(sensitivity=sensitivity, specificity=specificity, prevalence=prevalence),
    )


def f1_of_jaccard(jaccard: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns F1 from TP / (TP + FP + FN), with which it rises."""
    return 2 * jaccard / (1 + jaccard)


def f1_from_jaccard(jaccard: Estimate) -> Estimate:
    """Turns TP / (TP + FP + FN), which is a proportion and has an interval, into F1.

    Source: Hand, Christen and Kirielle (2021), F*: an interpretable transformation of the F-measure, Mach Learn 110.
    """
    if not jaccard.is_defined:
        return jaccard
    value, low, high = f1_of_jaccard(np.array([jaccard.value, jaccard.low, jaccard.high])).tolist()
    return Estimate(
        value=value, low=low, high=high, n=jaccard.n, groups=jaccard.groups, method=f"{jaccard.method}, of F*"
    )
