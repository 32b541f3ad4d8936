"""All heat maps of an explanation as one picture."""

import io
from itertools import groupby

from PIL import Image, ImageDraw

from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.overlay import overlay_image

_LABEL_HEIGHT = 34
_COLUMNS = 4


def draw_gallery(explanation: Explanation) -> bytes:
    """Draws every case with its caption, one true class after the other.

    Returns:
        A PNG file.

    Raises:
        ValueError: If there is no case.
    """
    if not explanation.cases:
        raise ValueError("Expected cases to draw but the explanation has none")
    rows: list[list[tuple[Image.Image, str]]] = []
    for _, cases in groupby(explanation.cases, key=lambda case: case.true_class):
        pictures = [(overlay_image(case), case.caption) for case in cases]
        rows += [pictures[start : start + _COLUMNS] for start in range(0, len(pictures), _COLUMNS)]
    width, height = rows[0][0][0].size
    canvas = Image.new("RGB", (_COLUMNS * (width + 8), len(rows) * (height + _LABEL_HEIGHT)), "white")
    draw = ImageDraw.Draw(canvas)
    for row, pictures in enumerate(rows):
        for column, (picture, caption) in enumerate(pictures):
            left, top = column * (width + 8), row * (height + _LABEL_HEIGHT)
            first, _, second = caption.partition(", ")
            draw.text((left + 2, top + 2), f"{first}\n{second}", fill="black")
            canvas.paste(picture, (left, top + _LABEL_HEIGHT - 2))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()
