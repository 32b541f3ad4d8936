"""Confidence intervals of a proportion."""

import math

import scipy

from medimage.config.evaluation import IntervalMethod


def wilson_interval(successes: float, trials: float, *, confidence: float = 0.95) -> tuple[float, float]:
    """Returns Wilson's score interval of a proportion (Wilson 1927, J Am Stat Assoc 22:209-212).

    Args:
        successes: Number of successes, 0 to `trials`; need not be whole where `trials` is an effective sample size.
        trials: Number of independent trials, above 0.
        confidence: Two-sided confidence level, in (0, 1).

    Raises:
        ValueError: If there is no trial, or the successes do not lie between 0 and the trials.
    """
    _check(successes, trials)
    z = float(scipy.special.ndtri(0.5 + confidence / 2))
    rate = successes / trials
    centre = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # Rounding may leave the limits a hair outside the estimate where it is 0 or 1.
    return min(rate, max(0.0, centre - half)), max(rate, min(1.0, centre + half))


def clopper_pearson_interval(successes: float, trials: float, *, confidence: float = 0.95) -> tuple[float, float]:
    """Returns the exact interval of a proportion (Clopper and Pearson 1934, Biometrika 26:404-413).

    Arguments and errors are those of `wilson_interval`. A fractional effective sample size gives the interval of
    Korn and Graubard (1998, Survey Methodology 24:193-201).
    """
    _check(successes, trials)
    tail = (1 - confidence) / 2
    failures = trials - successes
    low = 0.0 if successes <= 0 else float(scipy.special.betaincinv(successes, failures + 1, tail))
    high = 1.0 if failures <= 0 else float(scipy.special.betaincinv(successes + 1, failures, 1 - tail))
    return low, high


def proportion_interval(
    successes: float, trials: float, *, confidence: float, method: IntervalMethod
) -> tuple[float, float]:
    """Returns the interval of a proportion by the configured method."""
    interval = wilson_interval if method == "wilson" else clopper_pearson_interval
    return interval(successes, trials, confidence=confidence)


def _check(successes: float, trials: float) -> None:
    if not (trials > 0 and 0 <= successes <= trials):
        raise ValueError(f"Expected 0 <= successes <= trials and trials > 0 but got {successes} of {trials}")
