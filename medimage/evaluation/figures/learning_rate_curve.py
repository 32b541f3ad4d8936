"""Loss over the learning rate of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.figures.style import BLUE, FAINT, GREEN, VERMILLION, light_grid, render_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEADROOM = 0.15
"""Share of the height of the falling curve that is shown above it: where the loss diverges, it leaves any picture."""


def draw_learning_rate_curve(
    learning_rates: NDArray[np.float64],
    losses: NDArray[np.float64],
    smoothed: NDArray[np.float64],
    *,
    suggestion: float,
    bound: float,
) -> bytes:
    """Draws the losses of a sweep, as PNG.

    Args:
        learning_rates: Rising, shape [steps].
        losses: Loss of each step, shape [steps].
        smoothed: The same without the differences between batches, shape [steps].
        suggestion: Learning rate to mark as suggested.
        bound: Learning rate to mark as the last one before the loss rises.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.semilogx(learning_rates, losses, color=FAINT, linewidth=0.8, label="each step")
        axes.semilogx(learning_rates, smoothed, color=BLUE, linewidth=1.8, label="smoothed")
        axes.axvline(suggestion, color=GREEN, linewidth=1.2, label=f"suggested: {suggestion:.1e}")
        axes.axvline(bound, color=VERMILLION, linewidth=1.2, ls="--", label=f"rises from: {bound:.1e}")
        lowest, highest = float(min(losses.min(), smoothed.min())), float(max(losses[0], smoothed[:10].max()))
        room = _HEADROOM * (highest - lowest) or 1.0
        axes.set_ylim(lowest - room, highest + 2 * room)
        axes.set_title("Loss while the learning rate grows", loc="left")
        axes.set_xlabel("learning rate of the head")
        axes.set_ylabel("loss")
        # The usual labels are formulas, which this style does not set.
        axes.xaxis.set_major_formatter(lambda value, _position: f"{value:.0e}")
        light_grid(axes)
        axes.legend(loc="lower left")

    return render_png(draw, width=6.4, height=3.6)
