"""Means of errors, whose resamples are biased."""

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.metrics.calibration_error import ReliabilityBins
from medimage.evaluation.metrics.cluster_bootstrap import percentile_limits
from medimage.evaluation.metrics.estimate import Estimate


def centred_estimate(value: float, draws: NDArray[np.float64], *, n: int, cases: int, confidence: float) -> Estimate:
    """Puts the spread of the resamples around an estimate that is never below 0.

    The mean of absolute gaps is biased upwards, and more so in resamples: their plain percentiles may even leave the
    estimate out (Davison and Hinkley 1997, Bootstrap Methods and their Application, section 5.2).

    Args:
        value: The estimate.
        draws: It in each bootstrap resample, shape [resamples].
        n: Images it was measured on.
        cases: Independent cases among them.
        confidence: Two-sided confidence level.
    """
    if cases < 2:
        return Estimate.without_interval(value, "a single independent case tells no uncertainty", n=n, groups=cases)
    low, high = percentile_limits(draws - (draws.mean() - value), confidence=confidence)
    return Estimate(
        value=value, low=min(value, max(0.0, low)), high=max(value, high), n=n, groups=cases,
        method="cluster bootstrap, centred",
    )  # fmt: skip


def estimate_calibration_error(
    bins: ReliabilityBins, draws: NDArray[np.float64], *, share: Estimate, confidence: float
) -> Estimate:
    """Estimates the expected calibration error of stated probabilities.

    The error is never below the distance of the mean probability from the share of events; so its upper limit is not
    below that of this distance. It matters where every image is right and no resample holds an error.

    Args:
        bins: Images in bins of their stated probability.
        draws: The error in each bootstrap resample, shape [resamples].
        share: Share of events: of right answers, or of images of a class.
        confidence: Two-sided confidence level.
    """
    estimate = centred_estimate(bins.error, draws, n=share.n, cases=share.groups, confidence=confidence)
    if not estimate.has_interval:
        return estimate
    stated = float(bins.confidence @ bins.counts / bins.counts.sum())
    furthest = max(abs(stated - share.low), abs(stated - share.high))
    return Estimate(
        value=estimate.value,
        low=estimate.low,
        high=min(1.0, max(estimate.high, furthest)),
        n=estimate.n,
        groups=estimate.groups,
        method=f"{estimate.method}, at least that of the mean probability",
    )
