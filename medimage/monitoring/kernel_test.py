"""Whether two samples of points are of one distribution, and which points tell."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.monitoring.number_test import Difference, compare_numbers

_MOST_CENTRES = 1500
"""Points of each sample that others are compared with: pairs take time and memory by their square."""

_WIDTH = 0.25
"""Square of the kernel's width, as a share of the median squared distance of two images of the reference.

The median itself is customary (Gretton et al. 2012, section 8), but tells of differences between clouds; what is new in
a window is a smaller cloud within."""

_AT_ONCE = 4096


@dataclass(frozen=True, kw_only=True, eq=False)
class Likeness:
    """How much more each point is like the window's than like the reference's, as all points but itself tell.

    Attributes:
        reference: float64, shape [points of the reference], from -1 to 1.
        window: float64, shape [points of the window], from -1 to 1.
    """

    reference: NDArray[np.float64]
    window: NDArray[np.float64]


class PointSamples:
    """Two samples of points, to be compared by what is near to what.

    Args:
        reference: Points, float64, shape [images, coordinates], at least two.
        window: Others, of as many coordinates, at least two.
        weights: How often each point of the reference counts, not negative, with a sum above 0; once when not given.
    """

    def __init__(
        self, reference: NDArray[np.float64], window: NDArray[np.float64], *, weights: NDArray[np.float64] | None = None
    ) -> None:
        self._reference, self._window = reference, window
        self._weights = np.ones(len(reference)) if weights is None else weights
        self._rows, self._window_rows = _evenly(len(reference)), _evenly(len(window))
        self._centres, self._window_centres = reference[self._rows], window[self._window_rows]
        counted = self._weights[self._rows]
        self._shares = counted / counted.sum()
        squared = _squared_distances(self._centres, self._centres)
        between = squared[np.triu_indices(len(self._centres), 1)]
        self._scale = max(_WIDTH * float(np.median(between)), float(np.finfo(np.float64).tiny))

    def difference(self, *, images_per_case: float = 1.0) -> Difference:
        """Runs the kernel two-sample test (Gretton, Borgwardt, Rasch, Schölkopf and Smola 2012, JMLR 13:723).

        The statistic is the squared distance of the samples' means in the space of a Gaussian kernel. Where there is no
        difference it is near to a sum of weighted chi-squares, whose distribution is taken from its first three
        cumulants (Pearson's approximation: Imhof 1961, Biometrika 48:419, section 3).

        Args:
            images_per_case: Images that are worth one, because they are of one patient.

        Returns:
            The size is the largest difference of cumulative shares of the points' likeness, so that it can be read as
            that of any number.
        """
        points = np.concatenate([self._centres, self._window_centres])
        kernel = self._kernel(points, points)
        now = np.full(len(self._window_centres), 1 / len(self._window_centres))
        of_mixture = np.concatenate([self._shares, now]) / 2
        mean = kernel @ of_mixture
        kernel += of_mixture @ mean - mean[:, np.newaxis] - mean[np.newaxis, :]
        signed = np.concatenate([-self._shares, now])
        statistic = float(signed @ kernel @ signed) / images_per_case
        kernel *= np.abs(signed)[:, np.newaxis] * np.abs(signed)[np.newaxis, :]
        return Difference(size=self._size(), p_value=_chance_of(statistic, kernel))

    def likeness(self) -> Likeness:
        """Returns how much more each point is like the window's than like the reference's."""
        one = np.full(len(self._window_centres), 1 / len(self._window_centres))
        own, window_own = np.zeros(len(self._reference)), np.zeros(len(self._window))
        own[self._rows], window_own[self._window_rows] = self._shares, one
        return Likeness(
            reference=self._near(self._reference, self._window_centres, one)
            - _without(own, self._near(self._reference, self._centres, self._shares)),
            window=_without(window_own, self._near(self._window, self._window_centres, one))
            - self._near(self._window, self._centres, self._shares),
        )

    def _size(self) -> float:
        like = self.likeness()
        return compare_numbers(like.reference, like.window, weights=self._weights).size

    def _near(
        self, points: NDArray[np.float64], centres: NDArray[np.float64], shares: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        parts = [
            self._kernel(points[start : start + _AT_ONCE], centres) @ shares
            for start in range(0, len(points), _AT_ONCE)
        ]
        return np.concatenate(parts)

    def _kernel(self, points: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
        squared = _squared_distances(points, centres)
        squared /= -self._scale
        return np.exp(squared, out=squared)


def _evenly(points: int) -> NDArray[np.int64]:
    """Chooses points all over a sample, because it may be in the order of time."""
    return np.unique(np.linspace(0, points - 1, num=min(points, _MOST_CENTRES)).round().astype(np.int64))


def _squared_distances(points: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = points @ centres.T
    squared *= -2
    squared += (points**2).sum(axis=1)[:, np.newaxis]
    squared += (centres**2).sum(axis=1)[np.newaxis, :]
    return np.maximum(squared, 0.0, out=squared)


def _without(own: NDArray[np.float64], near: NDArray[np.float64]) -> NDArray[np.float64]:
    """Takes out of each mean what a point, which is like itself in full, gave to it."""
    others = 1 - own
    return np.divide(near - own, others, out=np.zeros_like(near), where=others > 0)


def _chance_of(statistic: float, kernel: NDArray[np.float64]) -> float:
    """Returns the chance of a sum as large where there is no difference, by its mean, spread and skewness.

    Args:
        statistic: The sum, with what each point gives by being like itself.
        kernel: Centred, times how much each of both points counts; it is overwritten.
    """
    points = len(kernel)
    # Centring takes a share of one point out of all.
    expected = float(np.trace(kernel)) * points / (points - 1)
    # Each point is as like itself as any other is: that shifts the sum, and does not vary.
    np.fill_diagonal(kernel, 0.0)
    second, third = float((kernel**2).sum()), float(np.einsum("ij,ij->", kernel @ kernel, kernel))
    if not second > 0 or not third > 0:
        return 1.0
    return float(scipy.stats.pearson3.sf((statistic - expected) / np.sqrt(2 * second), 8 * third / (2 * second) ** 1.5))
