"""Points in boxes, so that most pairs that are far apart are never looked at one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

_LEAF_POINTS = 256
"""More make the boxes reach farther, fewer make the products too small to be fast."""

_ROUNDING = 1e-4
"""Squared distances of unit vectors in float32 are exact to about 1e-6; a pair too many costs one comparison."""


@dataclass(frozen=True, kw_only=True)
class Leaves:
    """Points ordered so that each run of them, a leaf of a k-d tree, lies in a small box.

    Bentley: Multidimensional binary search trees used for associative searching, CACM 18 (1975).

    Attributes:
        points: float32, shape [points, coordinates], leaf after leaf.
        rows: int64, shape [points]: where each point stood before it was ordered.
        starts: int64, shape [leaves + 1]: where each leaf begins; the last one is the number of points.
        low: float32, shape [leaves, coordinates]: smallest coordinates of each leaf.
        high: float32, shape [leaves, coordinates]: largest coordinates of each leaf.
    """

    points: NDArray[np.float32]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    @classmethod
    def build(cls, points: NDArray[np.float32]) -> Self:
        """Divides points at the median of their widest coordinate until few are left in each leaf.

        Args:
            points: float32, shape [points, coordinates]; at least one point.
        """
        waiting, leaves = [np.arange(len(points))], []
        while waiting:
            rows = waiting.pop()
            if len(rows) <= _LEAF_POINTS:
                leaves.append(rows)
                continue
            inside = points[rows]
            widest = int(np.argmax(inside.max(axis=0) - inside.min(axis=0)))
            middle = len(rows) // 2
            order = np.argpartition(inside[:, widest], middle)
            waiting += [rows[order[:middle]], rows[order[middle:]]]
        rows = np.concatenate(leaves)
        starts = np.concatenate([[0], np.cumsum([len(leaf) for leaf in leaves])])
        ordered = points[rows]
        return cls(
            points=ordered,
            rows=rows,
            starts=starts,
            low=np.minimum.reduceat(ordered, starts[:-1]),
            high=np.maximum.reduceat(ordered, starts[:-1]),
        )

    def near_pairs(
        self, other: "Leaves", *, squared_distance: float
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yields, leaf by leaf, every pair of points that are at most so far apart, and hardly any others.

        Memory use is one leaf against all points, however many pairs there are.

        Args:
            other: The points to compare with; where they are these points themselves, each pair comes once or twice.
            squared_distance: Largest squared Euclidean distance.
        """
        limit = squared_distance + _ROUNDING
        sizes = np.diff(other.starts)
        # One product gives minus half the squared distances: x.y - |x|^2 / 2 - |y|^2 / 2.
        ones, theirs = np.ones(len(self.points), np.float32), np.ones(len(other.points), np.float32)
        left_factors = np.column_stack([self.points, _half_squares(self.points), ones])
        right_factors = np.column_stack([other.points, theirs, _half_squares(other.points)])
        for leaf in range(len(self.low)):
            gaps = np.maximum(np.maximum(self.low[leaf] - other.high, other.low - self.high[leaf]), 0)
            reachable = np.einsum("ij,ij->i", gaps, gaps) <= limit
            if other is self:
                reachable[:leaf] = False
            columns = np.flatnonzero(np.repeat(reachable, sizes))
            if not len(columns):
                continue
            own = slice(self.starts[leaf], self.starts[leaf + 1])
            near = left_factors[own] @ right_factors[columns].T >= -limit / 2
            left, right = np.divmod(np.flatnonzero(near), len(columns))
            yield self.rows[own][left], other.rows[columns[right]]


def _half_squares(points: NDArray[np.float32]) -> NDArray[np.float32]:
    return -np.einsum("ij,ij->i", points, points) / 2
