"""All heat maps of an explanation as one picture."""

import io
from itertools import groupby

from PIL import Image, ImageDraw

from medimage.evaluation.explanation.explained_method import TITLES
from medimage.evaluation.explanation.explanation_result import ExplainedCase, Explanation
from medimage.evaluation.explanation.overlay import heat_map_picture, image_picture

_SIDE = 128
_LABEL_HEIGHT = 46
_GAP = 8
_PICTURES_IN_A_ROW = 8
"""At least; a case and its maps stay together."""


def draw_gallery(explanation: Explanation) -> bytes:
    """Draws every case with its caption and all of its maps, one true class after the other.

    Returns:
        A PNG file.

    Raises:
        ValueError: If there is no case.
    """
    if not explanation.cases:
        raise ValueError("Expected cases to draw but the explanation has none")
    width = _SIDE * (1 + len(explanation.with_maps))
    columns = max(1, _PICTURES_IN_A_ROW * _SIDE // width)
    rows: list[list[ExplainedCase]] = []
    for _, group in groupby(explanation.cases, key=lambda case: case.true_class):
        cases = list(group)
        rows += [cases[start : start + columns] for start in range(0, len(cases), columns)]
    canvas = Image.new("RGB", (columns * (width + _GAP), len(rows) * (_SIDE + _LABEL_HEIGHT)), "white")
    draw = ImageDraw.Draw(canvas)
    for row, cases in enumerate(rows):
        for column, case in enumerate(cases):
            _draw_case(case, canvas, draw, left=column * (width + _GAP), top=row * (_SIDE + _LABEL_HEIGHT))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()


def _draw_case(case: ExplainedCase, canvas: Image.Image, draw: ImageDraw.ImageDraw, *, left: int, top: int) -> None:
    first, _, second = case.caption.partition(", ")
    draw.text((left + 2, top + 2), f"{first}\n{second}", fill="black")
    titles = ["", *(TITLES[name] for name in case.maps)]
    pictures = [image_picture(case), *(heat_map_picture(case, name) for name in case.maps)]
    for place, (title, picture) in enumerate(zip(titles, pictures, strict=True)):
        corner = left + place * _SIDE
        draw.text((corner + 2, top + 30), title, fill="black")
        canvas.paste(picture.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), (corner, top + _LABEL_HEIGHT - 2))
