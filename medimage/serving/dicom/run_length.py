"""RLE Lossless: DICOM's own run-length coding (PS3.5, annex G)."""

import struct

import numpy as np
from numpy.typing import NDArray

from medimage.serving.dicom.dataset import damaged
from medimage.serving.dicom.header import PixelHeader

_HEADER_BYTES = 64


def decode_rle(frame: bytes, header: PixelHeader) -> NDArray[np.uint16]:
    """Decodes one frame. No more is decoded than the header's size asks for, however much the frame holds.

    Returns:
        uint16, shape [rows, columns, samples]; bits as allocated, signs not applied.

    Raises:
        ImageRefusedError: If the segments are not those of the header, or too short.
    """
    bytes_per_sample = header.bits_allocated // 8
    count = header.samples * bytes_per_sample
    if len(frame) < _HEADER_BYTES or struct.unpack_from("<I", frame)[0] != count:
        raise damaged(f"its RLE pixels do not have {count} segments")
    starts = [*struct.unpack_from(f"<{count}I", frame, 4), len(frame)]
    if starts[0] < _HEADER_BYTES or sorted(starts) != starts:
        raise damaged("the segments of its RLE pixels overlap")
    pixels = header.rows * header.columns
    planes = np.zeros((header.samples, pixels), dtype=np.uint16)
    for sample in range(header.samples):
        # The segment of the upper bytes comes before that of the lower ones (PS3.5, G.2).
        first = sample * bytes_per_sample
        for index in range(first, first + bytes_per_sample):
            segment = _decode_segment(frame[starts[index] : starts[index + 1]], pixels)
            planes[sample] = planes[sample] << 8 | np.frombuffer(segment, dtype=np.uint8)
    return planes.T.reshape(header.rows, header.columns, header.samples)


def _decode_segment(segment: bytes, length: int) -> bytes:
    """Decodes one segment (PS3.5, G.3.2); what follows `length` bytes is padding."""
    decoded = bytearray()
    position = 0
    while len(decoded) < length:
        if position + 1 >= len(segment):
            raise damaged("its RLE pixels are cut short")
        code = segment[position]
        if code < 128:
            literal = segment[position + 1 : position + 2 + code]
            if len(literal) != code + 1 and len(decoded) + len(literal) < length:
                raise damaged("its RLE pixels are cut short")
            decoded += literal
            position += 2 + code
        elif code > 128:
            decoded += segment[position + 1 : position + 2] * (257 - code)
            position += 2
        else:
            position += 1
    return bytes(decoded[:length])
