"""Every class against the thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from medimage.evaluation.figures.style import BLUE, GREEN, INK, VERMILLION, light_grid, render_svg
from medimage.evaluation.gate.criterion import Criterion, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Marker and hue both tell the verdict, so that either alone is enough.
_MARKS = {Verdict.PASS: ("o", GREEN), Verdict.INCONCLUSIVE: ("D", BLUE), Verdict.FAIL: ("X", VERMILLION)}
_TITLES = {"sensitivity": "Sensitivity", "specificity": "Specificity", "auroc": "AUROC"}


def draw_intervals(criteria: Sequence[Criterion]) -> bytes:
    """Draws estimate, interval and threshold of every class for sensitivity, specificity and AUROC, as SVG.

    Args:
        criteria: Criteria of a gate; those that are not of a class are left out.

    Raises:
        ValueError: If none is of a class.
    """
    names = [name for name in _TITLES if any(criterion.name == name for criterion in criteria)]
    if not names:
        raise ValueError(f"Expected criteria of classes, such as {list(_TITLES)}, but got none")
    panels = [[criterion for criterion in criteria if criterion.name == name] for name in names]
    classes = [criterion.scope for criterion in panels[0]]
    numbers = [
        number
        for panel in panels
        for criterion in panel
        for number in (criterion.low, criterion.estimate, criterion.threshold)
        if not math.isnan(number)
    ]
    left = max(0.0, math.floor(min(numbers) * 20 - 0.5) / 20)

    def draw(figure: Figure) -> None:
        from matplotlib.lines import Line2D  # noqa: PLC0415
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

        row = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
        for axes, name, panel in zip(row, names, panels, strict=True):
            _draw_panel(axes, panel)
            axes.set_title(_TITLES[name], loc="left")
            axes.set_xlim(left, 1.01)
            axes.set_ylim(len(classes) - 0.5, -0.5)
            axes.set_yticks(range(len(classes)), classes)
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], prune="upper"))
            light_grid(axes)
        handles = [
            Line2D([], [], marker=marker, color=color, markersize=6, label=verdict.value)
            for verdict, (marker, color) in _MARKS.items()
        ]
        handles.append(Line2D([], [], color=INK, ls="--", linewidth=1, label="threshold"))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)

    return render_svg(draw, width=8.4, height=1.5 + 0.38 * len(classes))


def _draw_panel(axes: Axes, panel: Sequence[Criterion]) -> None:
    axes.axvline(panel[0].threshold, color=INK, ls="--", linewidth=1)
    for row, criterion in enumerate(panel):
        marker, color = _MARKS[criterion.verdict]
        if math.isnan(criterion.estimate):
            axes.annotate("undefined", (0.03, row), xycoords=("axes fraction", "data"), va="center", fontsize=8)
            continue
        if not math.isnan(criterion.low):
            axes.plot([criterion.low, criterion.high], [row, row], color=color, linewidth=2, solid_capstyle="butt")
        axes.plot(criterion.estimate, row, marker=marker, color=color, markersize=7, ls="none", clip_on=False)
