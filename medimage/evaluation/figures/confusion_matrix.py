"""Which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from medimage.evaluation.figures.drawn_once import drawn_once
from medimage.evaluation.figures.style import INK, render_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn_once
def draw_confusion_matrix(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> bytes:
    """Draws a confusion matrix with the count and the share of the row in each cell, as SVG.

    Args:
        counts: Images by true class (row) and predicted class (column).
        classes: Class names in the order of rows and columns.

    Raises:
        ValueError: If the matrix is not classes x classes.
    """
    matrix = np.asarray(counts, dtype=np.int64)
    if matrix.shape != (len(classes), len(classes)):
        raise ValueError(f"Expected a matrix of {len(classes)} x {len(classes)} but got {list(matrix.shape)}")
    totals = matrix.sum(axis=1)
    shares = matrix / np.maximum(totals, 1)[:, None]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
        axes.set_xticks(range(len(classes)), classes, rotation=35, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(classes)), [f"{name}  (n = {n})" for name, n in zip(classes, totals, strict=True)])
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xticks(np.arange(len(classes) + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(classes) + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=2)
        axes.tick_params(which="minor", length=0)
        for row, column in np.ndindex(matrix.shape):
            share = f"{shares[row, column]:.0%}" if totals[row] else "–"  # noqa: RUF001
            color = "white" if shares[row, column] > 0.72 else INK
            if matrix[row, column] == 0:
                axes.text(column, row, "0", ha="center", va="center", color="#8a94a0", fontsize=8)
            else:
                axes.text(
                    column, row, f"{matrix[row, column]}\n{share}", ha="center", va="center", color=color,
                    fontweight="bold" if row == column else "normal", linespacing=1.35, fontsize=8,
                )  # fmt: skip

    side = 1.7 + 0.58 * len(classes)
    return render_svg(draw, width=side + 0.6, height=side)
