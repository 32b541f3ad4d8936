"""JPEG files that libjpeg fills up with what is not in them, or warns of though every pixel is there."""

import struct

import numpy as np
import pytest
from PIL import Image

from medimage.serving.preprocessing import RefusalReason, decode_image, decode_with_warning
from tests.support.image_formats import WITHOUT_PILLOW_WARNINGS
from tests.support.image_refusals import refusal
from tests.support.images import encode, encode_image, textured

pytestmark = WITHOUT_PILLOW_WARNINGS
END = b"\xff\xd9"
IMAGE = Image.fromarray(textured(3)).resize((128, 128))


def jpeg(**options: object) -> bytes:
    return encode_image(IMAGE, "JPEG", quality=90, **options)


WHOLE = jpeg()
FORMS = {
    "baseline": WHOLE,
    "colour": encode_image(IMAGE.convert("RGB"), "JPEG", quality=90),
    "progressive": jpeg(progressive=True),
    "restarts": jpeg(restart_marker_blocks=8),
    "turned": jpeg(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
}


def in_header(data: bytes, stray: bytes) -> bytes:
    """Puts bytes before the first table."""
    at = data.index(b"\xff\xdb")
    return data[:at] + stray + data[at:]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_data_that_end_early_are_refused_though_the_file_has_an_end(name: str, share: float) -> None:
    data = FORMS[name]
    cut = data[: int(len(data) * share)]
    assert refusal(cut + END).reason is RefusalReason.DAMAGED
    assert refusal(in_header(cut, b"abc") + END).reason is RefusalReason.DAMAGED


@pytest.mark.parametrize("name", ["baseline", "colour", "turned", "restarts"])
def test_a_sector_of_zeros_or_a_lost_one_is_refused(name: str) -> None:
    data = FORMS[name]
    at = len(data) // 2
    assert refusal(data[:at] + bytes(512) + data[at + 512 :]).reason is RefusalReason.DAMAGED
    assert refusal(data[:at] + data[at + 512 :]).reason is RefusalReason.DAMAGED


@pytest.mark.parametrize("rows", [136, 256, 10_000])
def test_a_header_of_more_rows_than_there_are_is_refused(rows: int) -> None:
    changed = bytearray(WHOLE)
    at = WHOLE.index(b"\xff\xc0") + 5
    changed[at : at + 2] = struct.pack(">H", rows)
    assert refusal(bytes(changed)).reason is RefusalReason.DAMAGED


@pytest.mark.parametrize("name", FORMS)
def test_what_is_wrong_beside_the_pixels_leaves_them_and_is_told(name: str) -> None:
    data = FORMS[name]
    pixels = decode_image(data, color_mode="rgb")
    jfif = data.replace(b"JFIF\0\x01", b"JFIF\0\x09")
    for changed, words in [
        (data, ""),
        (in_header(data, b"abc"), "3 extraneous bytes before marker 0xdb"),
        (data[:-2] + bytes(64) + END, "extraneous bytes before marker 0xd9"),
        *([(jfif, "unknown JFIF revision number 9")] if jfif != data else []),
    ]:
        decoded = decode_with_warning(changed, color_mode="rgb")
        np.testing.assert_array_equal(decoded.pixels, pixels)
        assert words in decoded.warning
        assert bool(words) is bool(decoded.warning)


def test_parameters_that_a_sequential_file_has_no_use_for_are_told_and_hide_nothing() -> None:
    at = WHOLE.index(b"\xff\xda") + 2 + int.from_bytes(WHOLE[WHOLE.index(b"\xff\xda") + 2 :][:2], "big")
    odd = WHOLE[: at - 2] + b"\x00" + WHOLE[at - 1 :]
    assert "Invalid SOS parameters" in decode_with_warning(odd, color_mode="gray").warning
    assert refusal(odd[: len(odd) // 2] + END).reason is RefusalReason.DAMAGED


def test_other_formats_have_no_warning() -> None:
    assert decode_with_warning(encode(np.asarray(IMAGE), "PNG"), color_mode="gray").warning == ""
