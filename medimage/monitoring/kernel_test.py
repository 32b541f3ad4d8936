"""Whether two samples of points are of one distribution, and which points tell."""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.monitoring.number_test import Difference, compare_numbers, effective_size

_MOST_CENTRES = 1500
"""Points of each sample that others are compared with: pairs take time and memory by their square."""

_WIDTH = 0.25
"""Square of the kernel's width, as a share of the median squared distance of two images of the reference.

The median itself is customary (Gretton et al. 2012, section 8). A quarter told a class that is new in a fifth of a
window of MRI images apart more often than a half and the whole did."""

_NEAR_ROWS = 4
"""Rows to each side, times the images of a patient, that may be of the same one: a log has them close together."""

_FEWEST = 30
"""With fewer images, as the weights leave, the spread under no difference cannot be told."""

_SAME = 1e-12
"""Squared distance, as a share of the mean squared length, below which two points differ by rounding alone."""

_AT_ONCE = 2048


@dataclass(frozen=True, kw_only=True, eq=False)
class Likeness:
    """How much more each point is like the window's than like the reference's, as others of both tell.

    Others are up to 1,500 points of each sample, without those that may be of the same patient.

    Attributes:
        reference: float64, shape [points of the reference], from -1 to 1.
        window: float64, shape [points of the window], from -1 to 1.
    """

    reference: NDArray[np.float64]
    window: NDArray[np.float64]


class PointSamples:
    """Two samples of points, to be compared by what is near to what.

    Points that stand near to each other in one sample are not compared: they may be of one patient, and alike for
    that.

    Args:
        reference: Points, float64, shape [images, coordinates], at least two; finite; those of a patient one after the
            other.
        window: Others, of as many coordinates, at least two; in the order in which they came.
        weights: How often each point of the reference counts, not negative, with a sum above 0; once when not given.
        images_per_case: Images that a patient has on average, at least 1.
    """

    def __init__(
        self,
        reference: NDArray[np.float64],
        window: NDArray[np.float64],
        *,
        weights: NDArray[np.float64] | None = None,
        images_per_case: float = 1.0,
    ) -> None:
        self._reference, self._window = reference, window
        self._weights = np.ones(len(reference)) if weights is None else weights
        self._near_rows = math.ceil(_NEAR_ROWS * images_per_case)
        self._rows, self._window_rows = _all_over(len(reference)), _all_over(len(window))
        self._centres, self._window_centres = reference[self._rows], window[self._window_rows]
        self._counted = self._weights[self._rows]
        # Of samples that are thinned, fewer images are of the same patient.
        kept = max(len(self._rows) / len(reference), len(self._window_rows) / len(window))
        self._alike = 1 + (images_per_case - 1) * kept
        squared = _squared_distances(self._centres, self._centres)[np.triu_indices(len(self._centres), 1)]
        apart = squared[squared > _SAME * float((self._centres**2).sum(axis=1).mean())]
        self._scale = _WIDTH * float(np.median(apart)) if len(apart) else None

    def difference(self) -> Difference:
        """Runs the kernel two-sample test (Gretton, Borgwardt, Rasch, Schölkopf and Smola 2012, JMLR 13:723).

        The statistic is the squared distance of the samples' means in the space of a Gaussian kernel, of pairs of
        different patients. Where there is no difference it is near to a sum of weighted chi-squares less its mean,
        whose distribution is taken from its first three cumulants (Pearson's approximation: Imhof 1961, Biometrika
        48:419, section 3). Its spread is multiplied by the images of a patient.

        Returns:
            The size is the largest difference of cumulative shares of the points' likeness, so that it can be read as
            that of any number. The p-value is 1 where the points do not vary, or too few of them count.
        """
        if self._scale is None:
            return Difference(size=0.0, p_value=1.0)
        like = self.likeness()
        size = compare_numbers(like.reference, like.window, weights=self._weights).size
        if effective_size(self._counted) < _FEWEST:
            return Difference(size=size, p_value=1.0)
        now = np.full(len(self._window_centres), 1 / len(self._window_centres))
        before = self._counted / self._counted.sum()
        points = np.concatenate([self._centres, self._window_centres])
        kernel = self._kernel(points, points, scale=self._scale)
        compared = np.ones(kernel.shape, dtype=bool)
        split = len(before)
        compared[:split, :split] = self._far_apart(self._rows, self._rows)
        compared[split:, split:] = self._far_apart(self._window_rows, self._window_rows)
        p_value = _chance(
            kernel, compared, signed=np.concatenate([-before, now]), mixed=np.concatenate([before, now]) / 2,
            alike=self._alike,
        )  # fmt: skip
        return Difference(size=size, p_value=p_value)

    def likeness(self) -> Likeness:
        """Returns how much more each point is like the window's than like the reference's."""
        if self._scale is None:
            return Likeness(reference=np.zeros(len(self._reference)), window=np.zeros(len(self._window)))
        both = ((self._centres, self._counted, self._rows), (self._window_centres, None, self._window_rows))
        found = [
            [self._near(points, *centres, is_own=own == place, scale=self._scale) for place, centres in enumerate(both)]
            for own, points in enumerate((self._reference, self._window))
        ]
        return Likeness(reference=found[0][1] - found[0][0], window=found[1][1] - found[1][0])

    def _near(
        self,
        points: NDArray[np.float64],
        centres: NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        rows: NDArray[np.int64],
        *,
        is_own: bool,
        scale: float,
    ) -> NDArray[np.float64]:
        """Returns how near each point is to the centres on average, without those that may be of its own patient."""
        counted = np.ones(len(centres)) if weights is None else weights
        found = np.zeros(len(points))
        for start in range(0, len(points), _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, len(points)))
            kernel = self._kernel(points[part], centres, scale=scale)
            total = np.full(len(kernel), counted.sum())
            if is_own:
                compared = self._far_apart(np.arange(part.start, part.stop), rows)
                kernel *= compared
                total = compared @ counted
            np.divide(kernel @ counted, total, out=found[part], where=total > 0)
        return found

    def _far_apart(self, rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.abs(rows[:, np.newaxis] - others[np.newaxis, :]) > self._near_rows

    @staticmethod
    def _kernel(points: NDArray[np.float64], centres: NDArray[np.float64], *, scale: float) -> NDArray[np.float64]:
        squared = _squared_distances(points, centres)
        squared /= -scale
        return np.exp(squared, out=squared)


def _all_over(points: int) -> NDArray[np.int64]:
    """Chooses points all over a sample, because it may be in the order of time, one by chance of each stretch.

    At even distances, they would all be of one kind where two kinds come in turns.
    """
    if points <= _MOST_CENTRES:
        return np.arange(points)
    edges = np.linspace(0, points, num=_MOST_CENTRES + 1)
    places = edges[:-1] + np.random.default_rng(0).random(_MOST_CENTRES) * np.diff(edges)
    return np.minimum(places.astype(np.int64), points - 1)


def _squared_distances(points: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = points @ centres.T
    squared *= -2
    squared += (points**2).sum(axis=1)[:, np.newaxis]
    squared += (centres**2).sum(axis=1)[np.newaxis, :]
    return np.maximum(squared, 0.0, out=squared)


def _chance(
    kernel: NDArray[np.float64],
    compared: NDArray[np.bool_],
    *,
    signed: NDArray[np.float64],
    mixed: NDArray[np.float64],
    alike: float,
) -> float:
    """Returns the chance of means as far apart where there is no difference.

    Args:
        kernel: How near the points of both samples are to each other; it is overwritten.
        compared: Which pairs are compared.
        signed: How much each point counts for the difference of the means; adds up to 0.
        mixed: How much each counts for the mixture of both; adds up to 1.
        alike: Images of one patient.
    """
    kernel *= compared
    others = np.maximum(compared @ mixed, np.finfo(np.float64).tiny)
    mean = (kernel @ mixed) / others
    overall = float(mixed @ kernel @ mixed) / float(mixed @ others)
    kernel += overall - mean[:, np.newaxis] - mean[np.newaxis, :]
    kernel *= compared
    statistic = float(signed @ kernel @ signed)
    size = np.abs(signed)
    kernel *= size[:, np.newaxis] * size[np.newaxis, :]
    second, third = float((kernel**2).sum()), float(np.einsum("ij,ij->", kernel @ kernel, kernel))
    if not second > 0:
        return 1.0
    skewness = max(0.0, 8 * third / (2 * second) ** 1.5)
    return float(scipy.stats.pearson3.sf(statistic / (alike * math.sqrt(2 * second)), skewness))
