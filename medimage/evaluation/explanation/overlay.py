"""A heat map over its image, as a picture."""

import io

import numpy as np
from matplotlib import colormaps
from PIL import Image

from medimage.evaluation.explanation.explanation_result import ExplainedCase

_SIDE = 128
_STRONGEST = 0.55
"""Share of colour where the map is hottest: what lies below must stay visible."""


def draw_overlay(case: ExplainedCase) -> bytes:
    """Draws the image beside itself with the heat map over it.

    Returns:
        A PNG file.
    """
    buffer = io.BytesIO()
    overlay_image(case).save(buffer, "PNG")
    return buffer.getvalue()


def overlay_image(case: ExplainedCase) -> Image.Image:
    """Returns the picture that `draw_overlay` writes."""
    gray = case.pixels if case.pixels.shape[2] == 3 else np.repeat(case.pixels, 3, axis=2)
    heat = case.heat_map.astype(np.float32) / 255
    # Inferno rises evenly in brightness, so it reads the same for people who see no red or green.
    colors = colormaps["inferno"](heat)[..., :3] * 255
    share = (_STRONGEST * heat)[..., None]
    mixed = (gray * (1 - share) + colors * share).round().astype(np.uint8)
    canvas = Image.new("RGB", (2 * _SIDE, _SIDE))
    for place, picture in enumerate((gray, mixed)):
        enlarged = Image.fromarray(np.ascontiguousarray(picture)).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        canvas.paste(enlarged, (place * _SIDE, 0))
    return canvas
