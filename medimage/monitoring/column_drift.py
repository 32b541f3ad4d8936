"""Compares one column, and all of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.columns import EMBEDDING, Aspect, Column
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.kernel_test import PointSamples
from medimage.monitoring.number_test import Difference, compare_numbers
from medimage.monitoring.observations import Observations
from medimage.monitoring.share_test import compare_shares

_TOGETHER = 0.5
"""Share of the level that all coordinates of the embeddings together get: no other test sees as much."""


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """The verdict on one column, or on all coordinates of the embeddings together.

    Attributes:
        name: The column, or `EMBEDDING`.
        aspect: What it tells of.
        test: The test, in words.
        size: The difference, from 0 to 1: of cumulative shares, or of the share that differs most.
        smallest_size: What it must reach to matter.
        p_value: Chance of one so large where there is none.
        level: What that must not exceed.
        reference: Mean of the reference, or the share of each name; None of coordinates together.
        window: The same of the window.
    """

    name: str
    aspect: Aspect
    test: str
    size: float
    smallest_size: float
    p_value: float
    level: float
    reference: float | dict[str, float] | None
    window: float | dict[str, float] | None

    @property
    def is_drifted(self) -> bool:
        """Whether the difference is no chance, and large enough to matter."""
        difference = Difference(size=self.size, p_value=self.p_value)
        return is_drift(difference, smallest_size=self.smallest_size, level=self.level)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {**asdict(self), "aspect": self.aspect.value, "drifted": self.is_drifted}


def is_drift(difference: Difference, *, smallest_size: float, level: float) -> bool:
    """Whether a difference is no chance, and large enough to matter."""
    return difference.p_value <= level and difference.size >= smallest_size


def compare_columns(
    reference: Observations,
    window: Observations,
    *,
    settings: DriftSettings,
    weights: NDArray[np.float64] | None = None,
    columns: Sequence[Column] | None = None,
) -> tuple[ColumnDrift, ...]:
    """Compares every column that both have, and the coordinates of their embeddings together.

    Args:
        reference: What the model said of the images that it was judged on.
        window: What it says now.
        settings: What counts as drift; the level is divided among the columns that can differ.
        weights: How often each row of the reference counts.
        columns: Which columns; all, and the coordinates together, when not given.
    """
    common = [
        column for column in (columns or reference.in_common(window)) if _is_comparable(column, reference, window)
    ]
    coordinates = None if columns is not None else _coordinates(reference, window, weights=weights, settings=settings)
    together = _TOGETHER * settings.level if coordinates is not None else 0.0
    level = (settings.level - together) / max(1, len(common))
    compared = [
        _compare(column, reference, window, weights=weights, level=level, settings=settings) for column in common
    ]
    if coordinates is not None:
        compared.append(_compare_together(coordinates, level=together, smallest_size=settings.smallest_distance))
    return tuple(compared)


def smallest_size(column: Column, settings: DriftSettings) -> float:
    """Returns the smallest difference of a column that matters."""
    return settings.smallest_share if column.is_share else settings.smallest_distance


def _is_comparable(column: Column, reference: Observations, window: Observations) -> bool:
    if column.is_share:
        return True
    return all(bool(np.isfinite(table.numbers(column.name)).any()) for table in (reference, window))


def _compare(
    column: Column,
    reference: Observations,
    window: Observations,
    *,
    weights: NDArray[np.float64] | None,
    level: float,
    settings: DriftSettings,
) -> ColumnDrift:
    found: Difference
    if column.is_share:
        before, now = reference.names(column.name), window.names(column.name)
        found = compare_shares(before, now, weights=weights, images_per_case=settings.images_per_case)
        told: tuple[Any, Any] = _shares(before, weights), _shares(now, None)
    else:
        values, now_values = reference.numbers(column.name), window.numbers(column.name)
        known, now_known = np.isfinite(values), np.isfinite(now_values)
        held = None if weights is None else weights[known]
        found = compare_numbers(
            values[known], now_values[now_known], weights=held, images_per_case=settings.images_per_case
        )
        told = float(np.average(values[known], weights=held)), float(now_values[now_known].mean())
    return ColumnDrift(
        name=column.name,
        aspect=column.aspect,
        test="difference of shares" if column.is_share else "Kolmogorov-Smirnov",
        size=found.size,
        smallest_size=smallest_size(column, settings),
        p_value=found.p_value,
        level=level,
        reference=told[0],
        window=told[1],
    )


def _coordinates(
    reference: Observations, window: Observations, *, weights: NDArray[np.float64] | None, settings: DriftSettings
) -> PointSamples | None:
    """Returns the embeddings that both know; None where too few of either are known."""
    both = reference.coordinates_in_common(window)
    if both is None:
        return None
    known, now_known = (np.isfinite(points).all(axis=1) for points in both)
    held = None if weights is None else weights[known]
    if min(known.sum(), now_known.sum()) < settings.fewest_rows or (held is not None and not held.any()):
        return None
    return PointSamples(both[0][known], both[1][now_known], weights=held, images_per_case=settings.images_per_case)


def _compare_together(samples: PointSamples, *, level: float, smallest_size: float) -> ColumnDrift:
    found = samples.difference()
    return ColumnDrift(
        name=EMBEDDING,
        aspect=Aspect.EMBEDDING,
        test="kernel two-sample",
        size=found.size,
        smallest_size=smallest_size,
        p_value=found.p_value,
        level=level,
        reference=None,
        window=None,
    )


def _shares(names: NDArray[np.str_], weights: NDArray[np.float64] | None) -> dict[str, float]:
    held = np.ones(len(names)) if weights is None else weights
    return {str(name): float(held[names == name].sum() / held.sum()) for name in np.unique(names)}
