"""A DICOM file with one frame and nothing but what decoding needs.

What the pixels mean is read from the original, checked, and written anew: numbers and defined terms, never text that
was copied. So neither a name, an identifier, a date nor a private element can get through, wherever it stands. The
bytes depend on these values alone, and not on a clock, a library's version or the original's other elements: the same
picture under two patients gives the same bytes, which is how the audit finds it.

Compressed pixels are kept as they are, apart from the comments in them; native ones keep their byte order, and
little-endian files get the transfer syntax Explicit VR Little Endian. What a person wrote or a machine burnt into the
picture itself stays there.
"""

import struct
from collections.abc import Iterable
from itertools import chain

from pydicom.uid import ExplicitVRLittleEndian

from medimage.serving.dicom.attributes import FrameAttributes
from medimage.serving.dicom.codestream import without_comments
from medimage.serving.dicom.dataset import DicomFile
from medimage.serving.dicom.frame import frame_bytes
from medimage.serving.dicom.grayscale import Rescale, Window, read_grayscale
from medimage.serving.dicom.header import GRAY, JPEG, JPEG_2000, PixelHeader
from medimage.serving.dicom.lookup_table import LookupTable, read_palette
from medimage.serving.refusal import ImageRefusedError

_LONG = ("OB", "OW", "SQ")
"""Value representations whose length takes four bytes after two that are reserved (PS3.5, 7.1.2)."""

_UNDEFINED_LENGTH = 0xFFFFFFFF
_ITEM = (0xFFFE, 0xE000)
_PALETTE_COLORS = (1, 2, 3)
"""Last digits of the elements for red, green and blue."""


def minimal_dicom(file: DicomFile, header: PixelHeader, *, frame: int) -> bytes:
    """Returns one frame of a DICOM file as a file of its own that shows the same pixels and tells nothing else.

    Where the frame is damaged, the result is so in the same way, so that decoding it refuses it.

    Args:
        file: The original, read with its pixels and checked by `check_dicom`.
        header: What it says about its pixels.
        frame: Index of the frame, from 0.

    Raises:
        ImageRefusedError: If the header, and not only the frame, is damaged.
    """
    order = "<" if header.transfer_syntax.is_little_endian else ">"
    elements = chain(
        _pixel_elements(header, order),
        _shown_elements(FrameAttributes(file.dataset, frame), header, order),
        [_pixel_data(_frame_or_rest(file, header, frame), header, order)],
    )
    syntax = ExplicitVRLittleEndian if header.is_native and order == "<" else header.transfer_syntax
    # File meta information is little-endian, always (PS3.10, 7.1).
    meta = _element(0x0002, 0x0010, "UI", _text(syntax, padding=b"\0"), "<")
    length = _element(0x0002, 0x0000, "UL", struct.pack("<I", len(meta)), "<")
    return bytes(128) + b"DICM" + length + meta + b"".join(elements)


def _frame_or_rest(file: DicomFile, header: PixelHeader, frame: int) -> bytes:
    try:
        data = frame_bytes(file, header, frame=frame)
        return without_comments(data, header) if header.transfer_syntax in JPEG | JPEG_2000 else data
    except ImageRefusedError:
        rest = file.dataset.get("PixelData")
        # Native samples are numbers, as many as there are. Of a compressed stream, nobody knows what the rest is.
        return rest if header.is_native and header.frames == 1 and isinstance(rest, bytes) else b""


def _pixel_elements(header: PixelHeader, order: str) -> Iterable[bytes]:
    yield _short(0x0028, 0x0002, header.samples, order)
    yield _element(0x0028, 0x0004, "CS", _text(header.photometric), order)
    if header.samples > 1:
        yield _short(0x0028, 0x0006, int(header.planar), order)
    yield _short(0x0028, 0x0010, header.rows, order)
    yield _short(0x0028, 0x0011, header.columns, order)
    yield _short(0x0028, 0x0100, header.bits_allocated, order)
    yield _short(0x0028, 0x0101, header.bits_stored, order)
    yield _short(0x0028, 0x0102, header.high_bit, order)
    yield _short(0x0028, 0x0103, int(header.signed), order)


def _shown_elements(attributes: FrameAttributes, header: PixelHeader, order: str) -> Iterable[bytes]:
    """Yields what leads from stored to display values, in the order of the tags."""
    if header.photometric in GRAY:
        yield from _gray_elements(attributes, header, order)
    elif header.samples == 1:
        tables = list(zip(_PALETTE_COLORS, read_palette(attributes, header), strict=True))
        for color, table in tables:
            yield _element(0x0028, 0x1100 + color, "US", _descriptor(table, order), order)
        for color, table in tables:
            yield _element(0x0028, 0x1200 + color, "OW", _entries(table, order), order)


def _gray_elements(attributes: FrameAttributes, header: PixelHeader, order: str) -> Iterable[bytes]:
    shown = read_grayscale(attributes, header)
    if shown.padding is not None:
        for element, value in zip((0x0120, 0x0121), shown.padding, strict=True):
            representation = "SS" if header.signed else "US"
            yield _element(0x0028, element, representation, struct.pack(f"{order}H", value % (1 << 16)), order)
    if isinstance(shown.voi, Window):
        yield _element(0x0028, 0x1050, "DS", _text(repr(shown.voi.center)), order)
        yield _element(0x0028, 0x1051, "DS", _text(repr(shown.voi.width)), order)
    if isinstance(shown.modality, Rescale):
        yield _element(0x0028, 0x1052, "DS", _text(repr(shown.modality.intercept)), order)
        yield _element(0x0028, 0x1053, "DS", _text(repr(shown.modality.slope)), order)
    if isinstance(shown.voi, Window):
        yield _element(0x0028, 0x1056, "CS", _text(shown.voi.function), order)
    if isinstance(shown.modality, LookupTable):
        yield _table_sequence(0x3000, shown.modality, order)
    if isinstance(shown.voi, LookupTable):
        yield _table_sequence(0x3010, shown.voi, order)


def _table_sequence(element: int, table: LookupTable, order: str) -> bytes:
    item = _element(0x0028, 0x3002, "US", _descriptor(table, order), order)
    item += _element(0x0028, 0x3006, "OW", _entries(table, order), order)
    return _element(0x0028, element, "SQ", struct.pack(f"{order}HHI", *_ITEM, len(item)) + item, order)


def _descriptor(table: LookupTable, order: str) -> bytes:
    period = 1 << 16
    return struct.pack(f"{order}HHH", len(table.entries) % period, table.first % period, table.bits)


def _entries(table: LookupTable, order: str) -> bytes:
    return table.entries.astype(f"{order}u2").tobytes()


def _pixel_data(frame: bytes, header: PixelHeader, order: str) -> bytes:
    if header.is_native:
        return _element(0x7FE0, 0x0010, "OB" if header.bits_allocated == 8 else "OW", frame, order)
    # One fragment after an empty table of offsets (PS3.5, A.4).
    even = frame + b"\0" * (len(frame) % 2)
    start = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, _UNDEFINED_LENGTH)
    items = struct.pack("<HHIHHI", *_ITEM, 0, *_ITEM, len(even)) + even
    return start + items + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def _text(value: str, *, padding: bytes = b" ") -> bytes:
    encoded = value.encode("ascii")
    return encoded + padding * (len(encoded) % 2)


def _short(group: int, element: int, value: int, order: str) -> bytes:
    return _element(group, element, "US", struct.pack(f"{order}H", value), order)


def _element(group: int, element: int, representation: str, value: bytes, order: str) -> bytes:
    """Returns an element with explicit value representation (PS3.5, 7.1.2)."""
    start = struct.pack(f"{order}HH", group, element) + representation.encode("ascii")
    value += b"\0" * (len(value) % 2)
    length = (
        struct.pack(f"{order}HI", 0, len(value)) if representation in _LONG else struct.pack(f"{order}H", len(value))
    )
    return start + length + value
