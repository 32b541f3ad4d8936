"""Several questions asked of the same images: which answers still count."""

from collections.abc import Callable, Sequence

from medimage.evaluation.metrics.estimate import Estimate


def holm_adjusted(
    at_confidence: Sequence[Callable[[float], Estimate]], *, confidence: float
) -> tuple[Estimate | None, ...]:
    """Returns each difference with an interval that is as wide as the number of questions asks for.

    Holm's step-down procedure (1979, Scand J Stat 6:65-70): of m differences, the clearest is asked at a level of
    (1 - confidence) / m, the next one at (1 - confidence) / (m - 1) where the one before it was told from 0, and so
    on. The chance to tell any difference from 0 that is none is at most 1 - confidence, however they hang together and
    whatever order they are asked in; the clearest is that whose limit is, measured by its distance from the estimate,
    furthest from 0.

    Args:
        at_confidence: Each gives a difference with its interval at a confidence level.
        confidence: Two-sided confidence level of all intervals together.

    Returns:
        One for each, None where the difference is undefined or has no interval. Those after the first one that is not
        told from 0 have the level of that one.
    """
    alone = [estimate(confidence) for estimate in at_confidence]
    order = sorted(
        (place for place, estimate in enumerate(alone) if estimate.has_interval),
        key=lambda place: -_clearness(alone[place]),
    )
    adjusted: list[Estimate | None] = [None] * len(alone)
    level, told_apart = confidence, True
    for step, place in enumerate(order):
        if told_apart:
            level = 1 - (1 - confidence) / (len(order) - step)
        adjusted[place] = estimate = at_confidence[place](level)
        told_apart = told_apart and (estimate.low > 0 or estimate.high < 0)
    return tuple(adjusted)


def _clearness(estimate: Estimate) -> float:
    """Returns the distance from 0 in units of the interval's arm towards 0."""
    arm = estimate.value - estimate.low if estimate.value > 0 else estimate.high - estimate.value
    return abs(estimate.value) / arm if arm > 0 else float("inf") if estimate.value else 0.0
