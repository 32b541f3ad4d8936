"""Whether a stated confidence comes true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from medimage.evaluation.figures.drawn_once import drawn_once
from medimage.evaluation.figures.style import BLUE, FAINT, light_grid, percent_axis, render_svg
from medimage.evaluation.metrics.calibration_error import ReliabilityBins
from medimage.evaluation.metrics.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn_once
def draw_reliability(bins: ReliabilityBins, shares: Sequence[Estimate]) -> bytes:
    """Draws the share of right answers against the stated confidence, with the images per bin below, as SVG.

    Args:
        bins: Images in bins of about equal count.
        shares: Share of right answers in each bin, with its interval.
    """
    limits = np.array([(share.low, share.high) for share in shares])
    whiskers = np.maximum(0, np.stack([bins.accuracy - limits[:, 0], limits[:, 1] - bins.accuracy]))

    def draw(figure: Figure) -> None:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        axes.plot([0, 1], [0, 1], color=FAINT, ls="--", linewidth=1, label="perfectly calibrated")
        axes.errorbar(
            bins.confidence, bins.accuracy, yerr=whiskers, fmt="o-", color=BLUE, capsize=3, markersize=5,
            linewidth=1.2, label="bins, with interval",
        )  # fmt: skip
        left = max(0.0, float(bins.confidence.min()) - 0.05)
        axes.set_xlim(left, 1.01)
        axes.set_ylim(max(0.0, min(left, float(limits.min())) - 0.02), 1.02)
        axes.set_ylabel("share of right answers")
        axes.legend(loc="best")
        width = (1 - left) / 60
        below.bar(bins.confidence, bins.counts, width=width, color=BLUE)
        below.set_ylabel("images")
        below.set_xlabel("stated confidence (mean of bin)")
        for each in (axes, below):
            light_grid(each)
        percent_axis(axes.yaxis)
        percent_axis(below.xaxis)

    return render_svg(draw, width=4.8, height=4.6)
