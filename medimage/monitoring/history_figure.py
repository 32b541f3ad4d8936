"""The history of monitoring as a plot over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medimage.evaluation.figures.style import BLUE, FAINT, GREEN, INK, VERMILLION, light_grid, percent_axis, render_png
from medimage.monitoring.history import HistoryEntry, leading_columns
from medimage.monitoring.monitoring_outcome import MonitoringVerdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_COLUMNS = 5
_HUES = (BLUE, VERMILLION, GREEN, "#CC79A7", "#E69F00")
_LINES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1)))


def draw_history(entries: Sequence[HistoryEntry]) -> bytes:
    """Draws differences and class shares over time, as PNG; runs that found a change are marked.

    Args:
        entries: At least one, by time.

    Raises:
        ValueError: If there is none.
    """
    if not entries:
        raise ValueError("Expected at least one entry of the history but got none")

    def draw(figure: Figure) -> None:
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

        above, below = figure.subplots(2, 1, sharex=True)
        times = [entry.time for entry in entries]
        for name, hue, line in zip(leading_columns(entries, most=_MOST_COLUMNS), _HUES, _LINES, strict=False):
            values = [entry.differences.get(name, float("nan")) for entry in entries]
            above.plot(times, values, color=hue, linestyle=line, marker=".", label=name)
        above.axhline(1, color=INK, linewidth=0.8)
        changed = [entry for entry in entries if entry.verdict is MonitoringVerdict.CHANGED]
        for number, entry in enumerate(changed):
            label = "changed" if number == 0 else None
            above.axvline(entry.time, color=FAINT, linewidth=4, alpha=0.5, zorder=0, label=label)
        above.set_title("Differences from the reference, 1 being the smallest that matters", loc="left")
        above.set_ylim(bottom=0)
        names = sorted({name for entry in entries for name in entry.class_shares})
        for number, name in enumerate(names):
            values = [entry.class_shares.get(name, 0.0 if entry.class_shares else float("nan")) for entry in entries]
            hue, line = _HUES[number % len(_HUES)], _LINES[number // len(_HUES) % len(_LINES)]
            below.plot(times, values, color=hue, linestyle=line, marker=".", label=name)
        if any(entry.accuracy is not None for entry in entries):
            accuracies = [float("nan") if entry.accuracy is None else entry.accuracy for entry in entries]
            below.plot(times, accuracies, color=INK, linewidth=2, marker="o", label="accuracy in use")
        below.set_title("Shares of the answered classes", loc="left")
        below.set_ylim(0, 1.02)
        percent_axis(below.yaxis)
        locator = AutoDateLocator()
        below.xaxis.set_major_locator(locator)
        below.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        for axes in (above, below):
            light_grid(axes)
            if axes.get_legend_handles_labels()[0]:
                axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))

    return render_png(draw, width=9.0, height=5.5)
