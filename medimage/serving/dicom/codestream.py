"""What a compressed frame says of itself, read before a decoder that would believe it is let at it."""

import struct
from dataclasses import dataclass

from medimage.serving.dicom.dataset import damaged
from medimage.serving.dicom.header import JPEG_2000, PixelHeader
from medimage.serving.image_limits import MAXIMUM_PIXELS

START_OF_IMAGE = b"\xff\xd8"
END_OF_IMAGE = b"\xff\xd9"
"""End of a JPEG image and of a JPEG 2000 codestream alike."""

START_OF_SCAN = 0xDA
START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Markers of the segment with the size: JPEG (ITU-T T.81, table B.1) and JPEG-LS (ITU-T T.87, C.1.1)."""

SIZE_2000 = b"\xff\x4f\xff\x51"
START_OF_TILE = 0xFF90


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
    if END_OF_IMAGE not in frame:
        raise damaged("its compressed pixels have no end")
    return found


def read_segment(frame: bytes, position: int) -> tuple[int, int, int] | None:
    """Returns marker, start and end of a JPEG's segment (ITU-T T.81, B.1.1.4); None at the end of the image.

    Raises:
        ImageRefusedError: If there is none.
        struct.error: If the frame is too short for it; `IndexError` as well.
    """
    if frame[position] != 0xFF:
        raise damaged("its JPEG has bytes between its segments")
    # Any number of such bytes may fill the space before it.
    while frame[position + 1] == 0xFF:
        position += 1
    if frame[position : position + 2] == END_OF_IMAGE:
        return None
    (length,) = struct.unpack_from(">H", frame, position + 2)
    return frame[position + 1], position, position + 2 + length


def _read_size(frame: bytes) -> Codestream:
    if not frame.startswith(START_OF_IMAGE):
        raise damaged("its compressed pixels are not a JPEG")
    position = len(START_OF_IMAGE)
    while (segment := read_segment(frame, position)) is not None and segment[0] != START_OF_SCAN:
        marker, start, position = segment
        if marker in START_OF_FRAME:
            precision, rows, columns, samples = struct.unpack_from(">BHHB", frame, start + 4)
            return Codestream(rows, columns, samples, precision)
    raise damaged("its JPEG has no size")


def _read_size_2000(frame: bytes) -> Codestream:
    """Reads the segment SIZ, which follows the start of the codestream (ITU-T T.800, A.5.1)."""
    if not frame.startswith(SIZE_2000):
        raise damaged("its compressed pixels are not a JPEG 2000 codestream")
    width, height, left, top = struct.unpack_from(">4I", frame, 8)
    (samples,) = struct.unpack_from(">H", frame, 40)
    precision = (frame[42] & 0x7F) + 1
    return Codestream(height - top, width - left, samples, precision)
