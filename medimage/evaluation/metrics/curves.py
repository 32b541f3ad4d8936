"""ROC and precision-recall curves of one class against the rest, with bands."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.metrics.cluster_bootstrap import percentile_limits
from medimage.evaluation.metrics.effective_size import worth_as_copies
from medimage.evaluation.metrics.interval import clopper_pearson_interval

GRID = np.linspace(0, 1, 101)
"""Places on the horizontal axis at which a curve is known."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """A curve over `GRID`.

    Attributes:
        value: The curve, shape [places], in [0, 1].
        low: Lower limit at each place by itself, shape [places].
        high: Upper limit, shape [places].
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def roc_curve(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    drawn: NDArray[np.uint16],
    confidence: float,
) -> Curve:
    """Returns the sensitivity at each false positive rate, with a band that is right at each rate by itself.

    The band is the wider of two: the bootstrap's over whole groups, which varies the threshold with the rate, and the
    exact interval of a share of the positive cases, which stays honest where no resample holds an error. Of groups
    with m images, (sum m)^2 / (sum m^2) count, as if images of a group were copies.

    Args:
        scores: Score of each image, higher for the class, shape [images].
        positive: Whether each image is of the class, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        drawn: How often each group is in each resample, shape [resamples, groups].
        confidence: Two-sided confidence level.

    Raises:
        ValueError: If either side has no image.
    """

    def at_rates(found: NDArray[np.float64], alarms: NDArray[np.float64]) -> NDArray[np.float64]:
        last = np.searchsorted(alarms, GRID * alarms[-1] + 1e-9, side="right") - 1
        return np.where(last < 0, 0.0, found[last] / found[-1])

    sizes = np.full(len(GRID), worth_as_copies(groups[positive]))
    return _curve(scores, positive, groups, drawn=drawn, confidence=confidence, place=at_rates, sizes=sizes)


def precision_recall_curve(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    drawn: NDArray[np.uint16],
    confidence: float,
) -> Curve:
    """Returns the precision at each recall (sensitivity), with a band that is right at each recall by itself.

    Arguments, errors and the band are those of `roc_curve`; its exact interval is that of a share of the claimed cases.
    """

    def at_recalls(found: NDArray[np.float64], alarms: NDArray[np.float64]) -> NDArray[np.float64]:
        first = _first_reaching(found)
        return found[first] / (found[first] + alarms[first])

    order = np.argsort(-scores, kind="stable")
    ends = _ends_of_ties(scores[order])
    claimed = ends[_first_reaching(np.cumsum(positive[order])[ends].astype(np.float64))] + 1
    sizes = np.array([worth_as_copies(groups[order[:count]]) for count in claimed])
    return _curve(scores, positive, groups, drawn=drawn, confidence=confidence, place=at_recalls, sizes=sizes)


def _curve(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    drawn: NDArray[np.uint16],
    confidence: float,
    place: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
    sizes: NDArray[np.float64],
) -> Curve:
    if positive.all() or not positive.any():
        raise ValueError("Expected images of both sides but got those of one")
    order = np.argsort(-scores, kind="stable")
    ends = _ends_of_ties(scores[order])
    hits, ordered_groups = positive[order], groups[order]

    def of_weights(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        found, alarms = np.cumsum(weights * hits)[ends], np.cumsum(weights * ~hits)[ends]
        if found[-1] == 0 or alarms[-1] == 0:
            return np.full(len(GRID), np.nan)
        return place(found, alarms)

    value = of_weights(np.ones(len(scores)))
    resampled = np.stack([of_weights(each[ordered_groups].astype(np.float64)) for each in drawn])
    limits = []
    for column, (share, size) in enumerate(zip(value.tolist(), sizes.tolist(), strict=True)):
        low, high = clopper_pearson_interval(min(share, 1.0) * size, size, confidence=confidence)
        below, above = percentile_limits(resampled[:, column], confidence=confidence)
        limits.append((np.nanmin([low, below, share]), np.nanmax([high, above, share])))
    low, high = np.array(limits).T
    return Curve(value=value, low=low, high=high)


def _ends_of_ties(ordered: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns where each run of equal scores ends: images with one score are claimed together."""
    return np.flatnonzero(np.append(np.diff(ordered) != 0, True))


def _first_reaching(found: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns the first place at which each recall of `GRID` is reached, and some image is found."""
    return np.maximum(
        np.searchsorted(found, GRID * found[-1] - 1e-9, side="left"), np.searchsorted(found, 0.0, side="right")
    )
