"""One look for every figure: readable in print and by colour-blind people."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


BLUE, VERMILLION, GREEN, INK, FAINT = "#0072B2", "#D55E00", "#009E73", "#22272e", "#9aa3ad"
"""Hues of Okabe and Ito (2008), Color Universal Design, which colour-blind people tell apart; and two greys."""

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#e4e8ec",
    "legend.frameon": False,
    # The same data give the same bytes: the hash of a report is then that of what it says.
    "svg.hashsalt": "medimage",
    # Class names may hold `$`, which would else begin a formula.
    "text.parse_math": False,
}


def render_svg(draw: Callable[[Figure], None], *, width: float, height: float) -> bytes:
    """Returns what `draw` puts on a white figure of about that size in inches, as SVG with text drawn as outlines."""
    return _render(draw, width=width, height=height, format="svg", metadata={"Date": None})


def render_png(draw: Callable[[Figure], None], *, width: float, height: float) -> bytes:
    """Returns what `draw` puts on a white figure of about that size in inches, as PNG with 150 dots per inch."""
    return _render(draw, width=width, height=height, format="png", dpi=150, metadata={"Software": None})


def _render(draw: Callable[[Figure], None], *, width: float, height: float, **options: Any) -> bytes:
    # Imported here because Matplotlib takes half a second, which a run from the cache must not wait for.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        draw(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, bbox_inches="tight", pad_inches=0.08, **options)
    return buffer.getvalue()


def percent_axis(axis: Any) -> None:
    """Labels an axis of shares from 0 to 1 in per cent."""
    axis.set_major_formatter(lambda value, _position: f"{value * 100:.0f} %")


def light_grid(axes: Axes) -> None:
    """Draws a pale grid behind the data."""
    axes.set_axisbelow(True)
    axes.grid(True, linewidth=0.8)
