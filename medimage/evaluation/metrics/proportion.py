"""A rate with its interval, where images of one patient may repeat."""

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import IntervalMethod
from medimage.evaluation.metrics.cluster_bootstrap import percentile_limits
from medimage.evaluation.metrics.effective_size import effective_sample_size
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.interval import proportion_interval

_NAMES: dict[IntervalMethod, str] = {"wilson": "Wilson", "clopper_pearson": "Clopper-Pearson"}


def estimate_proportion(
    hits: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    confidence: float = 0.95,
    interval: IntervalMethod = "clopper_pearson",
    resampled: NDArray[np.float64] | None = None,
    undefined: str = "no image counts for this rate",
) -> Estimate:
    """Estimates a rate and the widest of its valid intervals.

    Where every image is its own group, the interval is the configured one. Where groups repeat, its sample size is
    the effective one (see `effective_sample_size`), and the cluster bootstrap, if given, widens it further. So a rate
    of 1.0 over 40 images of 20 patients is judged on 20 cases, while the bootstrap alone would claim certainty.

    Args:
        hits: Whether each image that counts is a success, shape [images].
        groups: Group of each of these images as an integer from 0, shape [images].
        confidence: Two-sided confidence level.
        interval: The exact one, or Wilson's.
        resampled: The rate in each bootstrap resample of whole groups; used only where groups repeat.
        undefined: The reason to give where there is no image.
    """
    images, cases = len(hits), len(np.unique(groups))
    if images == 0:
        return Estimate.undefined(undefined, n=0, groups=0)
    rate = float(np.mean(hits))
    method = _NAMES[interval]
    if cases == images:
        low, high = proportion_interval(float(np.sum(hits)), images, confidence=confidence, method=interval)
    else:
        size = effective_sample_size(hits, groups, confidence=confidence)
        low, high = proportion_interval(rate * size, size, confidence=confidence, method=interval)
        method = f"{method}, effective n {size:.1f}"
        if resampled is not None:
            from_groups = percentile_limits(resampled, confidence=confidence)
            if from_groups[0] < low or from_groups[1] > high:
                method += "; cluster bootstrap where wider"
            low, high = min(low, from_groups[0]), max(high, from_groups[1])
    return Estimate(value=rate, low=min(low, rate), high=max(high, rate), n=images, groups=cases, method=method)
