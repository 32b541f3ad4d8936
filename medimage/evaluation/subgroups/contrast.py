"""The difference of two figures that are made of rates, with its interval and its p-value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medimage.evaluation.subgroups.rate import Rate

SMALLEST_P = 1e-9
"""Below it, quantiles of the binomial and normal distribution are no longer exact, and nobody cares."""

_LARGEST_P = 0.5
"""An interval of so little confidence that holds 0 tells no difference, whatever the exact p-value is."""

_HALVINGS = 24


@dataclass(frozen=True, kw_only=True, eq=False)
class Contrast:
    """A figure inside a subgroup minus the same figure outside, each the weighted mean of rates.

    The interval recovers the variance of the difference from the limits of the rates (MOVER: Zou and Donner 2008, Stat
    Med 27:1693-1702). For one rate on each side and Wilson's limits it is method 10 of Newcombe (1998, Stat Med
    17:873-890). The limits of each rate know that images of a patient repeat. MOVER takes the rates as independent of
    each other; where a patient has images in several of them, they are not. So the squared half-widths are multiplied
    by the cluster-robust variance of the difference over the sum of the rates' own ones (the linearisation of a ratio
    estimator over groups, as in Rao and Scott 1992, Biometrics 48:577-585), never by less than 1: rates that rise and
    fall together would narrow the interval, but few shared patients tell that badly.

    Attributes:
        inside: Rates inside the subgroup.
        outside: The same outside.
        weights: Weight of each rate on either side, adding up to 1.
    """

    inside: tuple[Rate, ...]
    outside: tuple[Rate, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.inside) == len(self.outside) == len(self.weights) > 0:
            raise ValueError(
                f"Expected as many rates inside as outside and weights but got {len(self.inside)}, "
                f"{len(self.outside)} and {len(self.weights)}"
            )
        if not math.isclose(sum(self.weights), 1):
            raise ValueError(f"Expected weights that add up to 1 but got {self.weights}")

    @property
    def value_inside(self) -> float:
        """The figure inside the subgroup."""
        return _mean(self.inside, self.weights)

    @property
    def value_outside(self) -> float:
        """The figure outside."""
        return _mean(self.outside, self.weights)

    @property
    def value(self) -> float:
        """The difference; below 0 where the subgroup does worse."""
        return self.value_inside - self.value_outside

    @property
    def inflation(self) -> float:
        """How much wider than of independent rates the squared interval is, 1 or more."""
        terms = [*zip(self.inside, self.weights, strict=True)]
        terms += [(rate, -weight) for rate, weight in zip(self.outside, self.weights, strict=True)]
        size = 1 + max(int(rate.groups[-1]) for rate, _ in terms)
        together, separate = np.zeros(size), 0.0
        for rate, weight in terms:
            errors = weight * rate.errors
            together[rate.groups] += errors
            separate += float(errors @ errors)
        return max(1.0, float(together @ together) / separate) if separate > 0 else 1.0

    def limits(self, confidence: float) -> tuple[float, float]:
        """Returns the interval of the difference, within [-1, 1].

        Args:
            confidence: Two-sided confidence level.
        """
        return self._limits(confidence, self.inflation)

    def p_value(self) -> float:
        """Returns the p-value of no difference: 1 minus the confidence of the interval that just leaves out 0.

        Returns:
            1 where an interval of 50 % confidence holds 0 already; at least 1e-9.
        """
        inflation = self.inflation
        if not self._leaves_out_zero(_LARGEST_P, inflation):
            return 1.0
        if self._leaves_out_zero(SMALLEST_P, inflation):
            return SMALLEST_P
        low, high = math.log(SMALLEST_P), math.log(_LARGEST_P)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self._leaves_out_zero(math.exp(middle), inflation):
                high = middle
            else:
                low = middle
        return math.exp(high)

    def _leaves_out_zero(self, p: float, inflation: float) -> bool:
        low, high = self._limits(1 - p, inflation)
        return low > 0 or high < 0

    def _limits(self, confidence: float, inflation: float) -> tuple[float, float]:
        below, above = 0.0, 0.0
        for weight, inside, outside in zip(self.weights, self.inside, self.outside, strict=True):
            low_inside, high_inside = inside.limits(confidence)
            low_outside, high_outside = outside.limits(confidence)
            below += weight**2 * ((inside.value - low_inside) ** 2 + (high_outside - outside.value) ** 2)
            above += weight**2 * ((high_inside - inside.value) ** 2 + (outside.value - low_outside) ** 2)
        value = self.value
        return max(-1.0, value - math.sqrt(inflation * below)), min(1.0, value + math.sqrt(inflation * above))


def _mean(rates: Sequence[Rate], weights: Sequence[float]) -> float:
    return sum(weight * rate.value for rate, weight in zip(rates, weights, strict=True))
