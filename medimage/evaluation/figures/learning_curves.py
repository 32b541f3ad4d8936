"""Loss and accuracy over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from medimage.evaluation.figures.drawn_once import drawn_once
from medimage.evaluation.figures.style import BLUE, FAINT, VERMILLION, light_grid, percent_axis, render_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class EpochFigures(Protocol):
    """What is drawn of an epoch; the records of a training history have it."""

    @property
    def stage(self) -> int:
        """Stage, 1 or 2."""
        ...

    @property
    def train_loss(self) -> float:
        """Mean loss over the training images."""
        ...

    @property
    def train_accuracy(self) -> float:
        """Share of training images classified correctly."""
        ...

    @property
    def validation_loss(self) -> float:
        """Mean loss over the validation images."""
        ...

    @property
    def validation_accuracy(self) -> float:
        """Share of validation images classified correctly."""
        ...


@drawn_once
def draw_learning_curves(epochs: Sequence[EpochFigures]) -> bytes:
    """Draws training and validation loss and accuracy, stages side by side, as SVG.

    Args:
        epochs: Figures of all epochs of all stages, in order; at least one.

    Raises:
        ValueError: If there is no epoch.
    """
    if not epochs:
        raise ValueError("Expected at least one epoch to draw but got none")
    numbers = range(1, len(epochs) + 1)
    stages = [(stage, len(list(records))) for stage, records in groupby(epochs, key=lambda epoch: epoch.stage)]

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

        loss, accuracy = figure.subplots(1, 2)
        for axes, title, kind in ((loss, "Loss", "loss"), (accuracy, "Accuracy", "accuracy")):
            train = [getattr(epoch, f"train_{kind}") for epoch in epochs]
            validation = [getattr(epoch, f"validation_{kind}") for epoch in epochs]
            axes.plot(numbers, train, color=BLUE, marker="o", markersize=3, label="training (augmented)")
            axes.plot(numbers, validation, color=VERMILLION, marker="s", markersize=3, ls="--", label="validation")
            axes.set_title(title, loc="left", pad=18)
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.margins(y=0.1)
            light_grid(axes)
            start = 0.5
            for stage, count in stages:
                if start > 1:
                    axes.axvline(start, color=FAINT, linewidth=1, ls=":")
                # On either side of the line between stages, so that a short stage has room for its name, and above the
                # numbers of the axis, over which the name of a very short one reaches.
                is_last = (stage, count) == stages[-1]
                axes.annotate(
                    f"stage {stage}", (start if is_last else start + count, 1), xycoords=("data", "axes fraction"),
                    xytext=(3 if is_last else -3, 7), textcoords="offset points", ha="left" if is_last else "right",
                    fontsize=8, color="#5b6570",
                )  # fmt: skip
                start += count
            axes.set_xlim(0.5, len(epochs) + 0.5)
        percent_axis(accuracy.yaxis)
        loss.legend(loc="best")

    return render_svg(draw, width=8.4, height=3.2)
