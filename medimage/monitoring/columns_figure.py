"""How the columns of a window differ from the reference, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.figures.style import BLUE, INK, VERMILLION, light_grid, percent_axis, render_svg
from medimage.monitoring.column_drift import ColumnDrift
from medimage.monitoring.columns import COLUMN_OF
from medimage.monitoring.observations import Observations

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_COLUMNS = 8
"""Columns that are drawn: those that differ most."""

_A_ROW = 4
_BINS = 24
_MOST_NAMES = 6


def most_different(columns: Sequence[ColumnDrift]) -> tuple[ColumnDrift, ...]:
    """Returns the columns that are drawn: drifted ones first, then by their difference.

    All coordinates of embeddings together are no column.
    """
    drawable = [column for column in columns if column.name in COLUMN_OF]
    return tuple(sorted(drawable, key=lambda each: (not each.is_drifted, -each.size))[:MOST_COLUMNS])


def draw_columns(reference: Observations, window: Observations, columns: Sequence[ColumnDrift]) -> bytes:
    """Draws columns of both side by side, as SVG: distributions of numbers, shares of names.

    Args:
        reference: What the model said of the images that it was judged on.
        window: What it says now.
        columns: At least one column that both have.

    Raises:
        ValueError: If there is none.
    """
    if not columns:
        raise ValueError("Expected at least one column but got none")

    def draw(figure: Figure) -> None:
        rows = -(-len(columns) // _A_ROW)
        grid = figure.subplots(rows, min(_A_ROW, len(columns)), squeeze=False)
        for axes, column in zip(grid.flat, columns, strict=False):
            if isinstance(column.reference, dict) and isinstance(column.window, dict):
                _draw_shares(axes, column.reference, column.window)
            else:
                _draw_numbers(axes, reference.numbers(column.name), window.numbers(column.name))
            light_grid(axes)
            # Said in words as well: colour alone would not reach everybody.
            drifted = "\ndrifted" if column.is_drifted else ""
            axes.set_title(f"{column.name.replace('_', ' ')}{drifted}", loc="left", fontsize=8)
        for axes in grid.flat[len(columns) :]:
            axes.axis("off")
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=2)

    return render_svg(draw, width=9.0, height=2.1 * -(-len(columns) // _A_ROW) + 0.4)


def _draw_numbers(axes: Axes, before: NDArray[np.float64], now: NDArray[np.float64]) -> None:
    known, now_known = before[np.isfinite(before)], now[np.isfinite(now)]
    both = np.concatenate([known, now_known])
    # The outermost values of all would leave everything else a single bar.
    low, high = np.quantile(both, [0.005, 0.995])
    edges = np.linspace(low, max(high, low + 1e-9), _BINS + 1)
    for values, hue, line, label in ((known, BLUE, "-", "reference"), (now_known, VERMILLION, "--", "window")):
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), bins=edges)
        axes.stairs(counts / max(1, len(values)), edges, color=hue, linestyle=line, linewidth=1.4, label=label)
    axes.set_ylim(bottom=0)
    percent_axis(axes.yaxis)


def _draw_shares(axes: Axes, before: dict[str, float], now: dict[str, float]) -> None:
    names = sorted({*before, *now}, key=lambda name: -max(before.get(name, 0), now.get(name, 0)))[:_MOST_NAMES]
    places = np.arange(len(names))
    for shares, shift, hue, label in ((before, -0.2, BLUE, "reference"), (now, 0.2, VERMILLION, "window")):
        hatch = None if shares is before else "///"
        heights = [shares.get(name, 0.0) for name in names]
        axes.bar(places + shift, heights, width=0.36, color=hue, hatch=hatch, edgecolor=INK, linewidth=0.3, label=label)
    axes.set_xticks(places, [name if len(name) < 12 else f"{name[:10]}…" for name in names], fontsize=7)
    if len(names) > 3:
        axes.tick_params(axis="x", rotation=35)
    axes.set_ylim(0, 1.02)
    percent_axis(axes.yaxis)
