"""What is gained by withholding unsure answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medimage.evaluation.decision.answered import Answered
from medimage.evaluation.figures.style import BLUE, FAINT, VERMILLION, light_grid, percent_axis, render_svg
from medimage.evaluation.metrics.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_abstention(
    answered: Sequence[Answered], *, target_error: float, chosen: tuple[Estimate, Estimate] | None
) -> bytes:
    """Draws the share of wrong answers against the share of images that get one, as SVG.

    Args:
        answered: The curve.
        target_error: Largest share of wrong answers that was asked for.
        chosen: Share answered and error at the rule's threshold; None where there is no rule.
    """
    shares = [each.share for each in answered]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.fill_between(
            shares, [each.error.low for each in answered], [each.error.high for each in answered], color=BLUE,
            alpha=0.18, linewidth=0,
        )  # fmt: skip
        axes.plot(shares, [each.error.value for each in answered], color=BLUE, linewidth=1.5, label="test images")
        axes.axhline(target_error, color=FAINT, ls="--", linewidth=1, label="error asked for")
        if chosen is not None:
            axes.plot(
                chosen[0].value, chosen[1].value, marker="D", color=VERMILLION, markersize=6, ls="none",
                markeredgecolor="white", label="at the threshold",
            )  # fmt: skip
        axes.set_xlim(0, 1.02)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("images that get an answer, the surest first")
        axes.set_ylabel("wrong answers among them")
        # Beneath the axes: above them no corner is free of the band of few answers and of the curve of all.
        figure.legend(loc="outside lower center", ncols=3, columnspacing=1.2)
        percent_axis(axes.xaxis)
        percent_axis(axes.yaxis)
        light_grid(axes)

    return render_svg(draw, width=4.8, height=3.3)
