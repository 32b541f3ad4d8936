"""A picture of a few images of every class."""

import io

from PIL import Image, ImageDraw

from medimage.data.image_table import ImageTable
from medimage.serving.preprocessing import ImageRefusedError, decode_image, resize_image

_IMAGES_PER_CLASS = 8
_SIDE = 112
_LABEL_HEIGHT = 18
_QUALITY = 90


def montage_from_table(table: ImageTable) -> bytes:
    """Draws the first readable images of each class, one class per row.

    Which images come first is decided by their content hash, so the choice says nothing about the file names.

    Returns:
        A JPEG file: photographs of many classes would fill a report as PNG.
    """
    canvas = Image.new("RGB", (_IMAGES_PER_CLASS * _SIDE, len(table.classes) * (_SIDE + _LABEL_HEIGHT)), "white")
    draw = ImageDraw.Draw(canvas)
    records = table.records.drop_duplicates("image_id").sort_values("image_id")
    for row, name in enumerate(table.classes):
        # Twice as many candidates as places, because some may be unreadable.
        candidates = records.loc[records["label"] == name, "image_id"].head(2 * _IMAGES_PER_CLASS).tolist()
        top = row * (_SIDE + _LABEL_HEIGHT)
        draw.text((4, top + 3), name, fill="black")
        column = 0
        for _, encoded in sorted(table.encoded_images(candidates)):
            if column == _IMAGES_PER_CLASS:
                break
            try:
                pixels = resize_image(decode_image(encoded, color_mode="rgb"), size=_SIDE)
            except ImageRefusedError:
                # The audit reports it with its reason; the montage shows what can be shown.
                continue
            canvas.paste(Image.fromarray(pixels), (column * _SIDE, top + _LABEL_HEIGHT))
            column += 1
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
