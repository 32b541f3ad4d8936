"""Files that are no good image, each in another way."""

import io
import struct
import zipfile
import zlib
from functools import cache

import numpy as np
from PIL import Image
from pydicom.uid import UID

from tests.support.dicom_files import dicom_bytes, gray_dataset
from tests.support.images import encode, encode_image
from tests.support.served import GOOD

MEGABYTE = 2**20


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_with(*chunks: bytes, width: int = 32, height: int = 32, rows: bytes | None = None) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    lines = bytes((width + 1) * height) if rows is None else rows
    return (
        b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")
    )


def _animation(image_format: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), (value, 0, 0)) for value in (0, 255)]
    return encode_image(frames[0], image_format, save_all=True, append_images=frames[1:])


def _zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("image.png", content)
    return buffer.getvalue()


def _without_pixels() -> bytes:
    return dicom_bytes(gray_dataset(np.zeros((32, 32), np.uint8), PixelData=None))


def _of_transfer_syntax(uid: str) -> bytes:
    data = dicom_bytes(gray_dataset(np.zeros((32, 32), np.uint8)))
    # Explicit VR Little Endian, replaced by another UID of the same length.
    assert len(uid) == len("1.2.840.10008.1.2.1")
    return data.replace(b"1.2.840.10008.1.2.1", UID(uid).encode(), 1)


@cache
def bad_files() -> dict[str, bytes]:
    """Returns the files, by what is wrong with them."""
    many_pixels = _png_with(width=20_000, height=20_000, rows=b"")
    return {
        "empty": b"",
        "one byte": b"\x00",
        "text": b"hello",
        "unicode text": "läsion \u202e\U0001f4a9".encode(),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "html": b"<html><img src=x></html>",
        "zip": _zipped(GOOD),
        "zip of zeros": _zipped(bytes(100 * MEGABYTE)),
        "zip with an image in front": GOOD[:8] + _zipped(GOOD),
        "pdf": b"%PDF-1.7\n" + bytes(100),
        "one pixel": encode(np.zeros((1, 1), np.uint8)),
        "one line": encode(np.zeros((1, 500), np.uint8)),
        "20,000 pixels square": many_pixels,
        "more pixels than a number holds": _png_with(width=2**31 - 1, height=2**31 - 1, rows=b""),
        "no pixels": _png_with(width=0, height=0, rows=b""),
        "16 bits": encode(np.zeros((32, 32), np.uint16)),
        "32 bits": encode(np.zeros((32, 32), np.float32), "TIFF"),
        "cmyk": encode_image(Image.new("CMYK", (32, 32)), "JPEG"),
        "animated gif": _animation("GIF"),
        "animated png": _animation("PNG"),
        "animated webp": _animation("WEBP"),
        "tiff of pages": _animation("TIFF"),
        "transparent": encode(np.zeros((32, 32, 4), np.uint8)),
        "bomb in a text": _png_with(_chunk(b"zTXt", b"x\x00\x00" + zlib.compress(bytes(200 * MEGABYTE)))),
        "bomb in a profile": _png_with(_chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(200 * MEGABYTE)))),
        "dicom without pixels": _without_pixels(),
        "dicom of nothing": bytes(128) + b"DICM",
        "dicom of an unknown transfer syntax": _of_transfer_syntax("1.2.840.10008.9.9.9"),
        "dicom cut short": dicom_bytes(gray_dataset(np.zeros((64, 64), np.uint8)))[:-2000],
        "dicom of several frames": dicom_bytes(
            gray_dataset(np.zeros((32, 32), np.uint8), NumberOfFrames=2, PixelData=bytes(2048))
        ),
        "too large": bytes(9 * MEGABYTE),
    }
