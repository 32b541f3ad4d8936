"""Compressed frames with what decoding needs, and nothing that tells of more than the picture.

Cameras, converters and archives write names and dates into comments, application segments and behind the end. Segments
are kept by a list of those that decoders need: what is unknown is not kept.
"""

import re
import struct

from medimage.serving.dicom.codestream import (
    END_OF_IMAGE,
    SIZE_2000,
    START_OF_FRAME,
    START_OF_IMAGE,
    START_OF_SCAN,
    START_OF_TILE,
    read_segment,
)
from medimage.serving.dicom.dataset import damaged
from medimage.serving.dicom.header import JPEG_2000, PixelHeader

_DECODED = START_OF_FRAME | {0xC4, 0xCC, START_OF_SCAN, 0xDB, 0xDC, 0xDD, 0xF8}
"""Huffman and arithmetic tables, scans, quantization tables, number of lines, restart interval (ITU-T T.81, table B.1),
and parameters of JPEG-LS (ITU-T T.87, C.1.1)."""

_JFIF, _ADOBE, _HP = 0xE0, 0xEE, 0xE8
"""Application segments that tell a decoder which colors the samples are."""

_ADOBE_BYTES = 12

_JFIF_SEGMENT = b"\xff\xe0\x00\x10JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"
"""That there is one says that colors are YCbCr; its resolution and its thumbnail say nothing about the pixels."""

_AFTER_SCAN = re.compile(rb"\xff+[\x80-\xcf\xd8-\xfe]")
"""A marker after which a scan does not go on. Within it, FF is followed by a byte below 80 or by the number of a
restart interval (ITU-T T.81, B.1.1.5; ITU-T T.87, C.1)."""

_END_OF_TILE_HEADER, _END_2000 = 0xFF93, 0xFFD9
_DECODED_2000 = frozenset({0xFF50, 0xFF51, 0xFF52, 0xFF53, 0xFF56, 0xFF59, *range(0xFF5C, 0xFF62), 0xFF63})
"""Capabilities, size, coding styles, regions of interest, quantization, order, packed headers and registration (ITU-T
T.800, table A.2; T.814, A.3). Lengths of tiles and packets are left out: they only help to find something fast."""


def bare_codestream(frame: bytes, header: PixelHeader) -> bytes:
    """Returns a JPEG or JPEG 2000 frame without comments, descriptions and what follows its end.

    The pixels, and what tells their colors, stay as they are.

    Raises:
        ImageRefusedError: If the frame is damaged, or has no end.
    """
    try:
        return _bare_jpeg_2000(frame) if header.transfer_syntax in JPEG_2000 else _bare_jpeg(frame)
    except (struct.error, IndexError):
        raise damaged("its compressed pixels are cut short") from None


def _bare_jpeg(frame: bytes) -> bytes:
    if not frame.startswith(START_OF_IMAGE):
        raise damaged("its compressed pixels are not a JPEG")
    kept = [START_OF_IMAGE]
    position = len(START_OF_IMAGE)
    while (segment := read_segment(frame, position)) is not None:
        marker, start, position = segment
        kept.append(frame[start:position] if marker in _DECODED else _color(marker, frame[start + 4 : position]))
        if marker == START_OF_SCAN:
            after = _AFTER_SCAN.search(frame, position)
            if after is None:
                raise damaged("its compressed pixels have no end")
            kept.append(frame[position : after.start()])
            position = after.start()
    return b"".join([*kept, END_OF_IMAGE])


def _color(marker: int, content: bytes) -> bytes:
    """Returns what an application segment tells about colors, as a segment; nothing where it does not."""
    if marker == _JFIF and content.startswith(b"JFIF\0"):
        return _JFIF_SEGMENT
    # Decoders take a shorter one for something else.
    if marker == _ADOBE and content.startswith(b"Adobe") and len(content) >= _ADOBE_BYTES:
        return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([content[11]])
    if marker == _HP and content.startswith(b"mrfx"):
        return b"\xff\xe8\x00\x07mrfx" + bytes([content[4]])
    return b""


def _bare_jpeg_2000(frame: bytes) -> bytes:
    if not frame.startswith(SIZE_2000):
        raise damaged("its compressed pixels are not a JPEG 2000 codestream")
    header, position = _segments_2000(frame, 2, until=START_OF_TILE)
    kept = [frame[:2], header]
    while struct.unpack_from(">H", frame, position) == (START_OF_TILE,):
        tile, position = _tile_2000(frame, position)
        kept.append(tile)
    if struct.unpack_from(">H", frame, position) != (_END_2000,):
        raise damaged("its JPEG 2000 codestream does not end after its tiles")
    return b"".join([*kept, END_OF_IMAGE])


def _tile_2000(frame: bytes, start: int) -> tuple[bytes, int]:
    """Returns a tile part with the length that it has without its comments, and where it ends (T.800, A.4.2)."""
    (length,) = struct.unpack_from(">I", frame, start + 6)
    header, pixels = _segments_2000(frame, start + 12, until=_END_OF_TILE_HEADER)
    # The last one may leave its length open. Its pixels cannot hold the end of the image.
    end = start + length if length else frame.find(END_OF_IMAGE, pixels)
    if not pixels < end <= len(frame):
        raise damaged("a tile of its JPEG 2000 codestream has no end")
    kept = header + frame[pixels:end]
    return frame[start : start + 6] + struct.pack(">I", 12 + len(kept)) + frame[start + 10 : start + 12] + kept, end


def _segments_2000(frame: bytes, position: int, *, until: int) -> tuple[bytes, int]:
    """Returns the segments that decoders need from a position to a marker, and where that is."""
    kept = []
    while True:
        marker, length = struct.unpack_from(">HH", frame, position)
        if marker == until:
            return b"".join(kept), position
        if marker < 0xFF00:
            raise damaged("its JPEG 2000 codestream has bytes between its segments")
        if marker in _DECODED_2000:
            kept.append(frame[position : position + 2 + length])
        position += 2 + length
