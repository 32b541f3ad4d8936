"""An image and its heat maps, as pictures."""

import io

import numpy as np
from PIL import Image, ImageDraw

from medimage.config.evaluation import MethodName
from medimage.evaluation.explanation.explanation_result import ExplainedCase
from medimage.serving.heat_maps.picture import blend

_SIDE = 144
"""Pixels of every picture, so that frames are as thin on small images as on large ones."""

_QUALITY = 90
_LEGEND_SIZE = (240, 12)


def draw_image(case: ExplainedCase) -> bytes:
    """Returns the image as it is, as a JPEG file."""
    return _jpeg(image_picture(case))


def draw_heat_map(case: ExplainedCase, method: MethodName) -> bytes:
    """Returns one of its heat maps over the image, with the outlines of known lesions, as a JPEG file."""
    return _jpeg(heat_map_picture(case, method))


def draw_pair(case: ExplainedCase) -> bytes:
    """Returns the image beside its first heat map, as a JPEG file."""
    pictures = image_picture(case), heat_map_picture(case, next(iter(case.maps)))
    width, height = pictures[0].size
    canvas = Image.new("RGB", (2 * width, height))
    for place, picture in enumerate(pictures):
        canvas.paste(picture, (place * width, 0))
    return _jpeg(canvas)


def draw_legend() -> bytes:
    """Returns the colours of a heat map from the coldest, left, to the hottest, right, as a JPEG file."""
    width, height = _LEGEND_SIZE
    heat = np.tile(np.linspace(0, 255, width).round().astype(np.uint8), (height, 1))
    return _jpeg(Image.fromarray(blend(np.full((height, width, 1), 128, np.uint8), heat)))


def image_picture(case: ExplainedCase) -> Image.Image:
    """Returns the image as it is."""
    return _fitted(Image.fromarray(np.squeeze(case.pixels, axis=2) if case.pixels.shape[2] == 1 else case.pixels))


def heat_map_picture(case: ExplainedCase, method: MethodName) -> Image.Image:
    """Returns one of its heat maps over the image, with the outlines of known lesions."""
    picture = _fitted(Image.fromarray(blend(case.pixels, case.maps[method].heat_map)))
    draw = ImageDraw.Draw(picture)
    scale = _SIDE / len(case.pixels)
    for box in case.lesions:
        left, top, right, bottom = (round(scale * edge) for edge in (box.left, box.top, box.right, box.bottom))
        # White within black is seen on every ground.
        draw.rectangle((left - 1, top - 1, right, bottom), outline="black")
        draw.rectangle((left, top, right - 1, bottom - 1), outline="white")
    return picture


def _fitted(picture: Image.Image) -> Image.Image:
    return picture.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return buffer.getvalue()
