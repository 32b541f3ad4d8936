"""What a compressed frame says of itself, read before a decoder that would believe it is let at it."""

import struct
from dataclasses import dataclass

from medimage.serving.dicom.dataset import damaged
from medimage.serving.dicom.header import JPEG_2000, PixelHeader
from medimage.serving.image_limits import MAXIMUM_PIXELS

_START_OF_IMAGE = b"\xff\xd8"
_END_OF_IMAGE = b"\xff\xd9"
"""End of a JPEG image and of a JPEG 2000 codestream alike."""

_START_OF_SCAN = 0xDA
_COMMENT = 0xFE
_APPLICATION_SEGMENTS = range(0xE0, 0xF0)
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Markers of the segment with the size: JPEG (ITU-T T.81, table B.1) and JPEG-LS (ITU-T T.87, C.1.1)."""

_COLOR_SEGMENTS = ((0xE0, b"JFIF\x00"), (0xEE, b"Adobe"))
"""Application segments that tell a decoder which colors the samples are; others describe the picture in words."""

_SIZE_2000 = b"\xff\x4f\xff\x51"
_START_OF_TILE = 0xFF90
_COMMENT_2000 = 0xFF64


@dataclass(frozen=True)
class Codestream:
    """The size that a compressed frame states.

    Attributes:
        rows: Height in pixels.
        columns: Width in pixels.
        samples: Samples per pixel.
        precision: Bits per sample.
    """

    rows: int
    columns: int
    samples: int
    precision: int


def check_codestream(frame: bytes, header: PixelHeader) -> Codestream:
    """Reads the size of a JPEG or JPEG 2000 frame and compares it with the header.

    Raises:
        ImageRefusedError: If it has no size, another than the header says, more bits than are allocated, or no end.
    """
    try:
        found = _read_size_2000(frame) if header.transfer_syntax in JPEG_2000 else _read_size(frame)
    except (struct.error, IndexError):
        raise damaged("its compressed pixels are cut short") from None
    if found.rows * found.columns > MAXIMUM_PIXELS or (found.rows, found.columns) != (header.rows, header.columns):
        raise damaged(
            f"its compressed pixels are {found.columns} x {found.rows} where the header says "
            f"{header.columns} x {header.rows}"
        )
    if found.samples != header.samples or not 1 <= found.precision <= header.bits_allocated:
        raise damaged(f"its compressed pixels have {found.samples} samples of {found.precision} bits")
    # What follows the end is padding, of any kind and length. Within the pixels, its two bytes cannot occur.
    if _END_OF_IMAGE not in frame:
        raise damaged("its compressed pixels have no end")
    return found


def without_comments(frame: bytes, header: PixelHeader) -> bytes:
    """Returns a JPEG or JPEG 2000 frame without comments, descriptions and what follows its end.

    Cameras and converters write names and dates there. The pixels, and what tells their colors, stay as they are.

    Raises:
        ImageRefusedError: If the frame is damaged before its first scan or tile.
    """
    try:
        stripped = _strip_2000(frame) if header.transfer_syntax in JPEG_2000 else _strip(frame)
    except (struct.error, IndexError):
        raise damaged("its compressed pixels are cut short") from None
    end = stripped.rfind(_END_OF_IMAGE)
    return stripped if end < 0 else stripped[: end + len(_END_OF_IMAGE)]


def _segments(frame: bytes) -> list[tuple[int, int, int]]:
    """Returns marker, start and end of the segments up to the first scan (ITU-T T.81, B.1.1.4), without fill bytes."""
    if not frame.startswith(_START_OF_IMAGE):
        raise damaged("its compressed pixels are not a JPEG")
    found = []
    position = 2
    while True:
        if frame[position] != 0xFF:
            raise damaged("its JPEG has bytes between its segments")
        while frame[position + 1] == 0xFF:
            position += 1
        start, marker = position, frame[position + 1]
        (length,) = struct.unpack_from(">H", frame, position + 2)
        position += 2 + length
        found.append((marker, start, position))
        if marker == _START_OF_SCAN:
            return found


def _read_size(frame: bytes) -> Codestream:
    for marker, start, _ in _segments(frame):
        if marker in _START_OF_FRAME:
            precision, rows, columns, samples = struct.unpack_from(">BHHB", frame, start + 4)
            return Codestream(rows, columns, samples, precision)
    raise damaged("its JPEG has no size")


def _strip(frame: bytes) -> bytes:
    kept = [_START_OF_IMAGE]
    segments = _segments(frame)
    for marker, start, end in segments:
        is_application = marker in _APPLICATION_SEGMENTS
        tells_color = any(
            marker == known and frame[start + 4 : end].startswith(name) for known, name in _COLOR_SEGMENTS
        )
        if marker != _COMMENT and (not is_application or tells_color):
            kept.append(frame[start:end])
    kept.append(frame[segments[-1][2] :])
    return b"".join(kept)


def _read_size_2000(frame: bytes) -> Codestream:
    """Reads the segment SIZ, which follows the start of the codestream (ITU-T T.800, A.5.1)."""
    if not frame.startswith(_SIZE_2000):
        raise damaged("its compressed pixels are not a JPEG 2000 codestream")
    width, height, left, top = struct.unpack_from(">4I", frame, 8)
    (samples,) = struct.unpack_from(">H", frame, 40)
    precision = (frame[42] & 0x7F) + 1
    return Codestream(height - top, width - left, samples, precision)


def _strip_2000(frame: bytes) -> bytes:
    if not frame.startswith(_SIZE_2000):
        raise damaged("its compressed pixels are not a JPEG 2000 codestream")
    kept = [frame[:2]]
    position = 2
    while True:
        marker, length = struct.unpack_from(">HH", frame, position)
        if marker == _START_OF_TILE:
            return b"".join([*kept, frame[position:]])
        if marker < 0xFF00:
            raise damaged("its JPEG 2000 codestream has bytes between its segments")
        if marker != _COMMENT_2000:
            kept.append(frame[position : position + 2 + length])
        position += 2 + length
