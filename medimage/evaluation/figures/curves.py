"""ROC and precision-recall curves, one panel per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from medimage.evaluation.figures.style import BLUE, FAINT, INK, VERMILLION, light_grid, percent_axis, render_svg
from medimage.evaluation.metrics.curves import GRID, Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CurveKind = Literal["roc", "precision_recall"]

_COLUMNS = 4
_AXES: dict[CurveKind, tuple[str, str]] = {
    "roc": ("false positive rate", "sensitivity"),
    "precision_recall": ("recall (sensitivity)", "precision (PPV)"),
}


def draw_curves(
    curves: Mapping[str, Curve],
    *,
    kind: CurveKind,
    areas: Mapping[str, str],
    prevalences: Mapping[str, float],
    points: Mapping[str, tuple[float, float]],
) -> bytes:
    """Draws each class's curve with its band, what a model that knows nothing would reach, and the operating point.

    Args:
        curves: By class, at least one.
        kind: Which curves they are.
        areas: By class, the area under the curve in words.
        prevalences: By class, its share of the test images.
        points: By class, where its operating point lies; classes without one are left out.
    """
    names = list(curves)
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    across, upwards = _AXES[kind]

    def panel(axes: Axes, name: str) -> None:
        curve, chance = curves[name], prevalences[name]
        nothing = ([0, 1], [0, 1]) if kind == "roc" else ([0, 1], [chance, chance])
        axes.plot(*nothing, color=FAINT, ls="--", linewidth=1)
        axes.fill_between(GRID, curve.low, curve.high, color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(GRID, curve.value, color=BLUE, linewidth=1.5)
        if name in points:
            axes.plot(*points[name], marker="D", color=VERMILLION, markersize=5.5, markeredgecolor="white", ls="none")
        axes.set_title(name, loc="left", pad=17)
        # Above the panel, because the curve of a poor model may run anywhere in it.
        axes.text(0, 1.03, areas[name], transform=axes.transAxes, va="bottom", fontsize=7.5, color=INK)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_box_aspect(1)
        percent_axis(axes.xaxis)
        percent_axis(axes.yaxis)
        light_grid(axes)

    def draw(figure: Figure) -> None:
        grid: Sequence[Axes] = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        for axes, name in zip(grid, names, strict=False):
            panel(axes, name)
        for axes in grid[len(names) :]:
            axes.set_visible(False)
        for place, axes in enumerate(grid[: len(names)]):
            if place % columns == 0:
                axes.set_ylabel(upwards)
            if place + columns >= len(names):
                axes.set_xlabel(across)

    return render_svg(draw, width=2.5 * columns + 0.4, height=2.85 * rows)
