"""How many more independent cases would settle a verdict."""

import math


def cases_to_clear_from_above(*, value: float, limit: float, threshold: float, cases: int) -> int | None:
    """Returns the independent cases in total for the lower limit of a rate to reach the threshold.

    Assumes that the estimate stays as it is and that the interval narrows like Wilson's: its lower limit is L where
    (p - L)^2 = z^2 L (1 - L) / n, so the size needed is to the present one as L (1 - L) / (p - L)^2 at the threshold
    is to the same at the present limit. The present limit carries the effect of repeated images along. For
    exact limits this is an approximation: for a threshold of 0.8 it is enough, and at most a third too many from ten
    cases on.

    Args:
        value: Present estimate p, in [0, 1].
        limit: Present lower limit, in [0, 1].
        threshold: Threshold, in [0, 1].
        cases: Present independent cases.

    Returns:
        None where the estimate is not above the threshold: no number of cases suffices.
    """
    if value <= threshold:
        return None
    if limit >= threshold:
        return cases
    if limit <= 0:
        # A limit of 0 tells nothing about the present size; Wilson's is 0 only where the estimate is.
        return None
    needed = threshold * (1 - threshold) / (value - threshold) ** 2
    present = limit * (1 - limit) / (value - limit) ** 2
    return math.ceil(cases * needed / present)


def cases_to_clear_from_below(*, value: float, limit: float, threshold: float, cases: int) -> int | None:
    """Returns the independent cases in total for the upper limit of an error to reach the threshold.

    Assumes that the estimate stays as it is and that the interval narrows with the square root of the cases.
    Arguments are as for `cases_to_clear_from_above`, `limit` being the upper limit.
    """
    if value >= threshold:
        return None
    if limit <= threshold:
        return cases
    return math.ceil(cases * ((limit - value) / (threshold - value)) ** 2)
