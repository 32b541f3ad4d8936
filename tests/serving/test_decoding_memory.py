"""No image takes more memory than is counted with where a container is given its memory."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
)

from tests.support.decoding_memory import DECODING_BYTES_PER_PIXEL, decoding_bytes
from tests.support.dicom_files import (
    WITHOUT_PYDICOM_WARNINGS,
    color_dataset,
    compressed,
    dicom_bytes,
    gray_dataset,
    palette_dataset,
)
from tests.support.images import encode, encode_image

pytestmark = [pytest.mark.proof, WITHOUT_PYDICOM_WARNINGS]

SMALL, LARGE = 64, 4096


def file_of(image_format: str, mode: str, *, turned: bool = False) -> Callable[[int], bytes]:
    def make(side: int) -> bytes:
        image = Image.new(mode, (side, side), "white")
        exif = image.getexif()
        exif[ExifTags.Base.Orientation] = 6 if turned else 1
        return encode_image(image, image_format, exif=exif)

    return make


def native(syntax: str, kind: type[np.integer]) -> Callable[[int], bytes]:
    return lambda side: dicom_bytes(gray_dataset(np.zeros((side, side), kind)), syntax=syntax)


def palette(side: int) -> bytes:
    return dicom_bytes(palette_dataset(np.zeros((side, side), np.uint8), [np.arange(256, dtype=np.uint16)] * 3))


def color(side: int) -> bytes:
    return dicom_bytes(color_dataset(np.zeros((side, side, 3), np.uint8)))


def jpeg_in_dicom(side: int) -> bytes:
    pixels = np.zeros((side, side, 3), np.uint8)
    return compressed(color_dataset(pixels, "YBR_FULL_422"), [encode(pixels, "JPEG")], JPEGBaseline8Bit)


def jpeg_2000_gray(side: int) -> bytes:
    pixels = np.zeros((side, side), np.uint16)
    return compressed(gray_dataset(pixels), [encode(pixels, "JPEG2000", no_jp2=True)], JPEG2000Lossless)


def jpeg_2000_color(side: int) -> bytes:
    pixels = np.zeros((side, side, 3), np.uint8)
    frame = encode(pixels, "JPEG2000", no_jp2=True, irreversible=False)
    return compressed(color_dataset(pixels, "YBR_RCT"), [frame], JPEG2000Lossless)


FILES = {
    "JPEG": file_of("JPEG", "RGB"),
    "JPEG turned": file_of("JPEG", "RGB", turned=True),
    "JPEG gray": file_of("JPEG", "L"),
    "PNG": file_of("PNG", "RGB", turned=True),
    "PNG with alpha": file_of("PNG", "RGBA"),
    "PNG with alpha turned": file_of("PNG", "RGBA", turned=True),
    "PNG with palette": file_of("PNG", "P"),
    "TIFF": file_of("TIFF", "RGB"),
    "WebP": file_of("WEBP", "RGB"),
    "WebP with alpha turned": file_of("WEBP", "RGBA", turned=True),
    "BMP": file_of("BMP", "RGB"),
    "DICOM of 16 bits": native(ImplicitVRLittleEndian, np.uint16),
    "DICOM of signed values": native(ImplicitVRLittleEndian, np.int16),
    "DICOM in the other order": native(ExplicitVRBigEndian, np.uint16),
    "DICOM deflated": native(DeflatedExplicitVRLittleEndian, np.uint16),
    "DICOM in color": color,
    "DICOM with palette": palette,
    "DICOM with JPEG": jpeg_in_dicom,
    "DICOM with JPEG 2000": jpeg_2000_gray,
    "DICOM with JPEG 2000 in color": jpeg_2000_color,
}


@pytest.mark.parametrize("color_mode", ["gray", "rgb"])
@pytest.mark.parametrize("kind", FILES)
def test_an_image_takes_no_more_memory_than_is_counted_with(kind: str, color_mode: str, tmp_path: Path) -> None:
    make = FILES[kind]
    taken = decoding_bytes(make(LARGE), small=make(SMALL), color_mode=color_mode, folder=tmp_path)
    # Less than the pixels themselves would not have been measured rightly.
    assert LARGE * LARGE <= taken <= DECODING_BYTES_PER_PIXEL * LARGE * LARGE
