"""Several estimates of one figure beneath each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medimage.evaluation.figures.style import BLUE, FAINT, VERMILLION, light_grid, percent_axis, render_svg
from medimage.evaluation.metrics.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_estimates(rows: Sequence[tuple[str, Estimate]], *, title: str, emphasised: Sequence[str] = ()) -> bytes:
    """Draws each estimate with its interval, as SVG; one that is not defined leaves its row empty.

    Args:
        rows: Name and estimate of a share, from the top.
        title: What is estimated.
        emphasised: Names to draw in another colour and shape.

    Raises:
        ValueError: If there is no row.
    """
    if not rows:
        raise ValueError("Expected at least one estimate to draw but got none")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for place, (name, estimate) in enumerate(rows):
            stands_out = name in emphasised
            color = VERMILLION if stands_out else BLUE
            if estimate.has_interval:
                axes.plot([estimate.low, estimate.high], [place, place], color=color, linewidth=2.2)
            if estimate.is_defined:
                axes.plot(estimate.value, place, marker="D" if stands_out else "o", color=color, markersize=6)
            else:
                axes.annotate(
                    "not defined", (0.02, place), xycoords=("axes fraction", "data"), va="center", color=FAINT
                )
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_title(title, loc="left")
        percent_axis(axes.xaxis)
        axes.margins(x=0.05)
        light_grid(axes)

    return render_svg(draw, width=7.4, height=0.9 + 0.32 * len(rows))
