"""Every subgroup beside the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from medimage.evaluation.figures.drawn_once import drawn_once
from medimage.evaluation.figures.style import BLUE, FAINT, INK, VERMILLION, light_grid, percent_axis, render_svg
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.metrics import Metrics
from medimage.evaluation.subgroups.gap import Gap
from medimage.evaluation.subgroups.sentences import level_name
from medimage.evaluation.subgroups.subgroup_audit import Subgroup, SubgroupColumn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_IN_A_ROW = 4
_LONGEST_NAME = 26
"""Characters of a subgroup's name in the figure; the table beneath has all of it."""

# Marker and hue both tell what came of the comparison, so that either alone is enough.
_MARKS = {
    "flagged": ("X", VERMILLION),
    "not flagged": ("o", BLUE),
    "too few, or not compared": ("D", FAINT),
}

_POINT: Any = {"markersize": 7.5, "markeredgecolor": "white", "markeredgewidth": 0.5}


@drawn_once
def draw_subgroups(column: SubgroupColumn, whole: Metrics) -> bytes:
    """Draws balanced accuracy and every sensitivity of each subgroup with its interval, as SVG.

    A dashed line is the same figure of the whole test set.

    Args:
        column: The subgroups, measured.
        whole: Metrics of the whole test set.

    Raises:
        ValueError: If nothing was measured.
    """
    if not column.measured:
        raise ValueError(f"Expected subgroups by {column.name} to draw but nothing was measured: {column.reason}")
    panels = ["", *whole.per_class]
    rows, count = -(-len(panels) // _IN_A_ROW), len(column.measured)

    def draw(figure: Figure) -> None:
        from matplotlib.lines import Line2D  # noqa: PLC0415

        grid = figure.subplots(rows, min(len(panels), _IN_A_ROW), sharex=True, sharey=True, squeeze=False).ravel()
        grid[0].set_xlim(_left_limit(column, whole, panels), 1.01)
        for axes, of_class in zip(grid, panels, strict=False):
            _draw_panel(axes, column.measured, whole, of_class)
            axes.set_ylim(count - 0.5, -0.5)
            axes.set_yticks(range(count), [_short(level_name(subgroup)) for subgroup in column.measured])
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        for axes in grid[max(0, len(panels) - _IN_A_ROW) : len(panels)]:
            # Beneath them is no panel that would bear the numbers of the axis.
            axes.tick_params(labelbottom=True)
        handles = [
            Line2D([], [], marker=marker, color=color, linewidth=2, label=name, **_POINT)
            for name, (marker, color) in _MARKS.items()
        ]
        handles.append(Line2D([], [], color=INK, ls="--", linewidth=1, label="all test images"))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)

    return render_svg(draw, width=8.4, height=0.6 + rows * (0.75 + 0.28 * count))


def _draw_panel(axes: Axes, subgroups: Sequence[Subgroup], whole: Metrics, of_class: str) -> None:
    overall = _estimate(whole, of_class)
    if overall.is_defined:
        axes.axvline(overall.value, color=INK, ls="--", linewidth=1)
    for row, subgroup in enumerate(subgroups):
        marker, color = _MARKS[_outcome(subgroup, of_class)]
        estimate = _estimate(subgroup.metrics, of_class)
        if not estimate.is_defined:
            axes.annotate("undefined", (0.03, row), xycoords=("axes fraction", "data"), va="center", fontsize=7)
            continue
        if estimate.has_interval:
            axes.plot([estimate.low, estimate.high], [row, row], color=color, linewidth=2, solid_capstyle="butt")
        axes.plot(estimate.value, row, marker=marker, color=color, ls="none", clip_on=False, **_POINT)
    axes.set_title(_short(of_class) if of_class else "Balanced accuracy", loc="left", fontsize=9)
    percent_axis(axes.xaxis)
    axes.tick_params(labelsize=8)
    axes.locator_params(axis="x", nbins=4)
    light_grid(axes)


def _left_limit(column: SubgroupColumn, whole: Metrics, panels: Sequence[str]) -> float:
    """Returns where the axis begins: left of all points, and of the intervals of what was compared.

    The interval of a handful of cases reaches nearly from 0 to 1, and would leave no room to tell the others apart.
    """
    numbers = [_estimate(whole, of_class).value for of_class in panels]
    for subgroup in column.measured:
        for of_class in panels:
            estimate = _estimate(subgroup.metrics, of_class)
            compared = _outcome(subgroup, of_class) != "too few, or not compared"
            numbers.append(estimate.low if compared and estimate.has_interval else estimate.value)
    defined = [number for number in numbers if not math.isnan(number)]
    return max(-0.01, math.floor(min(defined, default=0.0) * 20 - 0.5) / 20)


def _estimate(metrics: Metrics, of_class: str) -> Estimate:
    return metrics.per_class[of_class].sensitivity if of_class else metrics.balanced_accuracy


def _outcome(subgroup: Subgroup, of_class: str) -> str:
    gap = next((gap for gap in subgroup.gaps if _is_drawn(gap, of_class)), None)
    if gap is None or not gap.is_compared:
        return "too few, or not compared"
    return "flagged" if gap.is_flagged else "not flagged"


def _is_drawn(gap: Gap, of_class: str) -> bool:
    return (gap.figure, gap.of_class) == (("sensitivity", of_class) if of_class else ("balanced_accuracy", ""))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
