"""A picture of what counts as border."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from medimage.data.pixel_store import PixelStore
from medimage.evaluation.shortcuts.border import without_inside

_IMAGES_PER_CLASS = 8
_SIDE = 96
_LABEL_HEIGHT = 18


def draw_border_examples(
    pixels: PixelStore, image_ids: NDArray[np.str_], labels: NDArray[np.int64], classes: tuple[str, ...], *, width: int
) -> bytes:
    """Draws the border of the first images of each class by content hash, one class per row.

    Args:
        pixels: Decoded images.
        image_ids: Images to choose from, shape [images].
        labels: Index of the class of each, shape [images].
        classes: Class names.
        width: Width of the border in pixels.

    Returns:
        A PNG file.
    """
    canvas = Image.new("RGB", (_IMAGES_PER_CLASS * _SIDE, len(classes) * (_SIDE + _LABEL_HEIGHT)), "white")
    draw = ImageDraw.Draw(canvas)
    for index, name in enumerate(classes):
        top = index * (_SIDE + _LABEL_HEIGHT)
        draw.text((4, top + 3), name, fill="black")
        chosen = sorted(image_ids[labels == index].tolist())[:_IMAGES_PER_CLASS]
        for column, row in enumerate(pixels.rows(chosen).tolist()):
            frame = without_inside(np.asarray(pixels.pixels[row]), width)
            picture = Image.fromarray(frame[:, :, 0] if pixels.channels == 1 else frame)
            shown = picture.resize((_SIDE, _SIDE), Image.Resampling.BOX)
            canvas.paste(shown, (column * _SIDE, top + _LABEL_HEIGHT))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()
