"""A DICOM file with one frame and nothing but what decoding needs.

What the pixels mean is read from the original, checked, and written anew: numbers and defined terms, never text that
was copied. So neither a name, an identifier, a date nor a private element can get through, wherever it stands. The
bytes depend on these values alone, and not on a clock, a library's version or the original's other elements: the same
picture under two patients gives the same bytes, which is how the audit finds it.

Native and RLE pixels are written anew as well, sample by sample in Explicit VR Little Endian: bits that are not stored
may hold overlays, with names in them, and bytes between and after the pixels anything. JPEG and JPEG 2000 pixels would
lose by it and are kept as they are, between the segments that say how to decode them. What a person wrote or a machine
burnt into the picture itself stays there.
"""

import struct
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from pydicom.uid import ExplicitVRLittleEndian

from medimage.data.sources.dicom.bare_codestream import bare_codestream
from medimage.serving.dicom.attributes import FrameAttributes
from medimage.serving.dicom.dataset import DicomFile
from medimage.serving.dicom.frame import stored_samples
from medimage.serving.dicom.grayscale import Rescale, Window, read_grayscale
from medimage.serving.dicom.header import GRAY, JPEG, JPEG_2000, PixelHeader
from medimage.serving.dicom.lookup_table import LookupTable, read_palette
from medimage.serving.dicom.pixel_data import read_pixel_data
from medimage.serving.refusal import ImageRefusedError

_LONG = ("OB", "OW", "SQ")
"""Value representations whose length takes four bytes after two that are reserved (PS3.5, 7.1.2)."""

_UNDEFINED_LENGTH = 0xFFFFFFFF
_ITEM = (0xFFFE, 0xE000)
_PALETTE_COLORS = (1, 2, 3)
"""Last digits of the elements for red, green and blue."""


def minimal_dicom(file: DicomFile, header: PixelHeader, encoded: bytes | None, *, frame: int) -> bytes:
    """Returns one frame of a DICOM file as a file of its own that shows the same pixels and tells nothing else.

    Where the frame is damaged, the result is so too, so that decoding it refuses it.

    Args:
        file: The original, checked by `check_dicom`.
        header: What it says about its pixels.
        encoded: The frame, of `EncodedFrames`; None where the frames are damaged.
        frame: Index of the frame, from 0.

    Raises:
        ImageRefusedError: If the header, and not only the frame, is damaged.
    """
    written, pixels = _pixels(file, header, encoded)
    elements = chain(
        _pixel_elements(written),
        _shown_elements(FrameAttributes(file.dataset, frame), header),
        [_pixel_data(pixels, written)],
    )
    meta = _element(0x0002, 0x0010, "UI", _text(written.transfer_syntax, padding=b"\0"))
    length = _element(0x0002, 0x0000, "UL", struct.pack("<I", len(meta)))
    return bytes(128) + b"DICM" + length + meta + b"".join(elements)


def _pixels(file: DicomFile, header: PixelHeader, encoded: bytes | None) -> tuple[PixelHeader, bytes]:
    """Returns the pixels as they are written, and the header that says how."""
    is_kept = header.transfer_syntax in JPEG | JPEG_2000
    try:
        if encoded is not None and is_kept:
            return header, bare_codestream(encoded, header)
        if encoded is not None:
            return _native_pixels(encoded, header)
    except ImageRefusedError:
        # Of a damaged frame nobody knows what its bytes are: none is kept.
        pass
    if is_kept:
        return header, b""
    return replace(header, transfer_syntax=ExplicitVRLittleEndian), _instead_of_damaged(file, header)


def _instead_of_damaged(file: DicomFile, header: PixelHeader) -> bytes:
    """Returns as many bytes as there are where others should be, so that the refusal tells both; none if unknown.

    An odd number stays odd: a byte of padding would make a whole frame of one that lacks its last byte.
    """
    if not header.is_native or header.frames > 1:
        return b""
    try:
        return bytes(len(read_pixel_data(file)))
    except ImageRefusedError:
        return b""


def _native_pixels(encoded: bytes, header: PixelHeader) -> tuple[PixelHeader, bytes]:
    samples = stored_samples(encoded, header)
    written = replace(
        header,
        transfer_syntax=ExplicitVRLittleEndian,
        # Each pixel has its own colors by now, and its samples together.
        photometric="YBR_FULL" if header.photometric == "YBR_FULL_422" else header.photometric,
        planar=False,
        high_bit=header.bits_stored - 1,
    )
    pixels = samples.astype(f"<{'i' if header.signed else 'u'}{header.bits_allocated // 8}").tobytes()
    return written, pixels + b"\0" * (len(pixels) % 2)


def _pixel_elements(header: PixelHeader) -> Iterable[bytes]:
    yield _short(0x0028, 0x0002, header.samples)
    yield _element(0x0028, 0x0004, "CS", _text(header.photometric))
    if header.samples > 1:
        yield _short(0x0028, 0x0006, int(header.planar))
    yield _short(0x0028, 0x0010, header.rows)
    yield _short(0x0028, 0x0011, header.columns)
    yield _short(0x0028, 0x0100, header.bits_allocated)
    yield _short(0x0028, 0x0101, header.bits_stored)
    yield _short(0x0028, 0x0102, header.high_bit)
    yield _short(0x0028, 0x0103, int(header.signed))


def _shown_elements(attributes: FrameAttributes, header: PixelHeader) -> Iterable[bytes]:
    """Yields what leads from stored to display values, in the order of the tags."""
    if header.photometric in GRAY:
        yield from _gray_elements(attributes, header)
    elif header.samples == 1:
        tables = list(zip(_PALETTE_COLORS, read_palette(attributes, header), strict=True))
        for color, table in tables:
            yield _element(0x0028, 0x1100 + color, "US", _descriptor(table))
        for color, table in tables:
            yield _element(0x0028, 0x1200 + color, "OW", _entries(table))


def _gray_elements(attributes: FrameAttributes, header: PixelHeader) -> Iterable[bytes]:
    shown = read_grayscale(attributes, header)
    if shown.padding is not None:
        for element, value in zip((0x0120, 0x0121), shown.padding, strict=True):
            representation = "SS" if header.signed else "US"
            yield _element(0x0028, element, representation, struct.pack("<H", value % (1 << 16)))
    if isinstance(shown.voi, Window):
        yield _element(0x0028, 0x1050, "DS", _text(repr(shown.voi.center)))
        yield _element(0x0028, 0x1051, "DS", _text(repr(shown.voi.width)))
    if isinstance(shown.modality, Rescale):
        yield _element(0x0028, 0x1052, "DS", _text(repr(shown.modality.intercept)))
        yield _element(0x0028, 0x1053, "DS", _text(repr(shown.modality.slope)))
    if isinstance(shown.voi, Window):
        yield _element(0x0028, 0x1056, "CS", _text(shown.voi.function))
    if isinstance(shown.modality, LookupTable):
        yield _table_sequence(0x3000, shown.modality)
    if isinstance(shown.voi, LookupTable):
        yield _table_sequence(0x3010, shown.voi)


def _table_sequence(element: int, table: LookupTable) -> bytes:
    item = _element(0x0028, 0x3002, "US", _descriptor(table))
    item += _element(0x0028, 0x3006, "OW", _entries(table))
    return _element(0x0028, element, "SQ", struct.pack("<HHI", *_ITEM, len(item)) + item)


def _descriptor(table: LookupTable) -> bytes:
    period = 1 << 16
    return struct.pack("<HHH", len(table.entries) % period, table.first % period, table.bits)


def _entries(table: LookupTable) -> bytes:
    return table.entries.astype("<u2").tobytes()


def _pixel_data(frame: bytes, header: PixelHeader) -> bytes:
    if header.is_native:
        return _element(0x7FE0, 0x0010, "OB" if header.bits_allocated == 8 else "OW", frame)
    # One fragment after an empty table of offsets (PS3.5, A.4).
    even = frame + b"\0" * (len(frame) % 2)
    start = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, _UNDEFINED_LENGTH)
    items = struct.pack("<HHIHHI", *_ITEM, 0, *_ITEM, len(even)) + even
    return start + items + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def _text(value: str, *, padding: bytes = b" ") -> bytes:
    encoded = value.encode("ascii")
    return encoded + padding * (len(encoded) % 2)


def _short(group: int, element: int, value: int) -> bytes:
    return _element(group, element, "US", struct.pack("<H", value))


def _element(group: int, element: int, representation: str, value: bytes) -> bytes:
    """Returns an element with explicit value representation (PS3.5, 7.1.2); its value is written as it is."""
    start = struct.pack("<HH", group, element) + representation.encode("ascii")
    length = struct.pack("<HI", 0, len(value)) if representation in _LONG else struct.pack("<H", len(value))
    return start + length + value
