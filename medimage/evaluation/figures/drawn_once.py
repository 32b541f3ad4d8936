"""Keeps figures that are shown in several places."""

import functools
import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import ParamSpec

_MOST_KEPT = 32
"""Figures of each kind that are kept; one has some ten kilobytes."""

Given = ParamSpec("Given")


def drawn_once(draw: Callable[Given, bytes]) -> Callable[Given, bytes]:
    """Draws a figure anew only where something else is to be drawn.

    The page of a step's output and the report of its run show the same figures, and drawing takes longer than most
    steps around it do.

    Args:
        draw: Draws the same bytes of the same values.

    Returns:
        What gives the same bytes, for values that can be pickled.
    """
    kept = OrderedDict[bytes, bytes]()

    @functools.wraps(draw)
    def drawn(*args: Given.args, **kwargs: Given.kwargs) -> bytes:
        values = hashlib.sha256(pickle.dumps((args, kwargs))).digest()
        figure = kept.pop(values, None) or draw(*args, **kwargs)
        kept[values] = figure
        if len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
        return figure

    return drawn
