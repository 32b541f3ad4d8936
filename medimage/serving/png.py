"""PNG files that hold fewer rows than they state, which Pillow fills with zeros without a word."""

import zlib
from collections.abc import Iterator

from PIL import Image

from medimage.serving.image_file import damaged

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel by colour type (PNG, third edition, section 11.2.1)."""

_WHOLE = ((0, 0, 1, 1),)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row, and distances of columns and rows, of the passes of an interlaced file (section 8.2)."""

_SIGNATURE_BYTES, _CHUNK_HEAD_BYTES, _CHECKSUM_BYTES = 8, 8, 4
_PIECE_BYTES = 2**16


def refuse_missing_rows(image: Image.Image, data: bytes) -> None:
    """Refuses a PNG whose compressed pixels end before the last row.

    Counting them costs a quarter of the decoding. It is done only where the last row of the picture, or the one before
    it, is zero throughout, as rows that are missing are: the last row of the file is one of these two, also where it
    is interlaced.

    Args:
        image: The file as Pillow opened it, with its pixels loaded and not turned.
        data: The whole file.

    Raises:
        ImageRefusedError: If rows are missing.
    """
    if image.format != "PNG":
        return
    width, height = image.size
    last_rows = [image.crop((0, row, width, row + 1)) for row in (height - 2, height - 1) if row >= 0]
    if any(_is_zero(row) for row in last_rows) and _pixel_bytes(data) < _stated_bytes(data, width=width, height=height):
        raise damaged()


def _is_zero(row: Image.Image) -> bool:
    return all(sample == 0 for sample in row.tobytes())


def _stated_bytes(data: bytes, *, width: int, height: int) -> int:
    """Returns how many bytes the decompressed rows take, each with a byte before it that names its filter."""
    depth, color_type, interlaced = data[24], data[25], data[28]
    bits = depth * _SAMPLES[color_type]
    total = 0
    for left, top, columns_apart, rows_apart in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -(-(width - left) // columns_apart), -(-(height - top) // rows_apart)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _pixel_bytes(data: bytes) -> int:
    """Returns how many bytes the compressed pixels of a file become; Pillow has checked the chunks."""
    inflater = zlib.decompressobj()
    total = 0
    try:
        for part in _compressed(data):
            rest = part
            while rest:
                total += len(inflater.decompress(rest, _PIECE_BYTES))
                rest = inflater.unconsumed_tail
    except zlib.error as error:
        raise damaged() from error
    return total + len(inflater.flush())


def _compressed(data: bytes) -> Iterator[bytes]:
    start = _SIGNATURE_BYTES
    while start + _CHUNK_HEAD_BYTES <= len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        begin = start + _CHUNK_HEAD_BYTES
        if data[start + 4 : begin] == b"IDAT":
            yield data[begin : begin + length]
        start = begin + length + _CHECKSUM_BYTES
