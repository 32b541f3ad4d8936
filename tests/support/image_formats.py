"""One picture in every image format that is decoded, and PNG files that no tool would write."""

import struct
import zlib

import numpy as np
import pytest

from tests.support.images import encode

WITHOUT_PILLOW_WARNINGS = pytest.mark.filterwarnings(r"ignore::Warning:PIL\..*")
"""Pytest replaces the process's warning filters, and with them the one that `medimage.serving` sets."""

COLOR = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
GRAY = np.ascontiguousarray(COLOR[:, :, 0])

LOSSLESS = {
    "png": encode(COLOR, "PNG"),
    "tiff": encode(COLOR, "TIFF"),
    "tiff_lzw": encode(COLOR, "TIFF", compression="tiff_lzw"),
    "tiff_deflate": encode(COLOR, "TIFF", compression="tiff_adobe_deflate"),
    "webp": encode(COLOR, "WEBP", lossless=True),
    "bmp": encode(COLOR, "BMP"),
}
LOSSY = {"jpeg": encode(COLOR, "JPEG"), "progressive": encode(COLOR, "JPEG", progressive=True)}


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Returns a chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int) -> bytes:
    """Returns a PNG whose pixels are missing: only a reader of headers gets far enough to refuse its size."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b""))
