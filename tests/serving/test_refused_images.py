import io
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from medimage.serving.preprocessing import MAXIMUM_PIXELS, MINIMUM_SIDE, RefusalReason, decode_image
from tests.support.image_formats import COLOR, GRAY, LOSSLESS, WITHOUT_PILLOW_WARNINGS, png_chunk, png_header
from tests.support.image_refusals import refusal
from tests.support.images import encode, encode_image

pytestmark = WITHOUT_PILLOW_WARNINGS


def test_one_transparent_pixel_is_refused() -> None:
    image = Image.fromarray(COLOR).convert("RGBA")
    image.putpixel((3, 4), (1, 2, 3, 254))
    assert refusal(encode_image(image, "PNG")).reason is RefusalReason.TRANSPARENT


def test_transparent_palette_entry_is_refused() -> None:
    paletted = Image.fromarray(COLOR).quantize(8)
    assert refusal(encode_image(paletted, "PNG", transparency=0)).reason is RefusalReason.TRANSPARENT


def test_transparent_color_key_is_refused() -> None:
    data = encode(GRAY, "PNG", transparency=int(GRAY[0, 0]))
    assert refusal(data).reason is RefusalReason.TRANSPARENT


def png_of_16_bit_color() -> bytes:
    header = struct.pack(">IIBBBBB", 20, 24, 16, 2, 0, 0, 0)
    rows = b"".join(b"\x00" + bytes(20 * 6) for _ in range(24))
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, content) for kind, content in chunks)


def tiff_of_16_bit_color() -> bytes:
    """Width, height, three 16-bit samples, no compression, RGB, one strip: TIFF 6.0, section 6."""
    pixels = bytes(20 * 24 * 6)
    entries = [
        (256, 3, 1, 20),
        (257, 3, 1, 24),
        (258, 3, 3, 8 + len(pixels)),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (277, 3, 1, 3),
        (278, 3, 1, 24),
        (279, 4, 1, len(pixels)),
    ]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    bits = struct.pack("<HHH", 16, 16, 16)
    return struct.pack("<2sHI", b"II", 42, 8 + len(pixels) + 6) + pixels + bits + directory + struct.pack("<I", 0)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encode(GRAY.astype(np.uint16) * 200, "PNG"), id="gray 16-bit png"),
        pytest.param(encode(GRAY.astype(np.uint16) * 200, "TIFF"), id="gray 16-bit tiff"),
        pytest.param(png_of_16_bit_color(), id="color 16-bit png"),
        pytest.param(tiff_of_16_bit_color(), id="color 16-bit tiff"),
        pytest.param(encode(GRAY.astype(np.int32), "TIFF"), id="32-bit integer"),
        pytest.param(encode(GRAY.astype(np.float32), "TIFF"), id="float"),
        pytest.param(encode_image(Image.fromarray(COLOR).convert("CMYK"), "JPEG"), id="cmyk jpeg"),
        pytest.param(encode_image(Image.fromarray(COLOR).convert("CMYK"), "TIFF"), id="cmyk tiff"),
        pytest.param(encode_image(Image.fromarray(COLOR).convert("LAB"), "TIFF"), id="lab"),
    ],
)
def test_samples_without_an_8_bit_meaning_are_refused(data: bytes) -> None:
    assert refusal(data).reason is RefusalReason.UNSUPPORTED_PIXELS


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF"])
def test_several_frames_are_refused(image_format: str) -> None:
    frames = [Image.fromarray(COLOR), Image.fromarray(255 - COLOR)]
    data = encode_image(frames[0], image_format, save_all=True, append_images=frames[1:])
    error = refusal(data)
    assert error.reason is RefusalReason.SEVERAL_FRAMES
    assert "2 frames" in str(error)


def test_phone_picture_with_a_second_image_inside_is_refused() -> None:
    frames = [Image.fromarray(COLOR), Image.fromarray(255 - COLOR)]
    assert refusal(encode_image(frames[0], "MPO", save_all=True, append_images=frames[1:])).reason is (
        RefusalReason.SEVERAL_FRAMES
    )


def zip_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", LOSSLESS["png"])
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'/>", id="svg"),
        pytest.param(zip_archive(), id="zip"),
        pytest.param(b"just some text, longer than a header", id="text"),
        pytest.param(b"\x00", id="one byte"),
        pytest.param(b"\x89PNG", id="half a signature"),
        pytest.param(encode_image(Image.fromarray(GRAY), "GIF"), id="gif"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", id="postscript"),
    ],
)
def test_other_files_are_refused_as_no_image(data: bytes) -> None:
    assert refusal(data).reason is RefusalReason.NOT_AN_IMAGE


def test_empty_file_is_refused() -> None:
    assert refusal(b"").reason is RefusalReason.EMPTY


def test_smallest_side_is_accepted_and_one_pixel_less_refused() -> None:
    assert decode_image(encode(np.zeros((MINIMUM_SIDE, 99), np.uint8), "PNG"), color_mode="gray").size
    error = refusal(encode(np.zeros((99, MINIMUM_SIDE - 1), np.uint8), "PNG"))
    assert error.reason is RefusalReason.TOO_SMALL
    assert "15 x 99" in str(error)


@pytest.mark.parametrize("width", [MAXIMUM_PIXELS // 1000 + 1, 100_000, 2_000_000])
def test_extreme_size_is_refused_from_the_header(width: int) -> None:
    assert refusal(png_header(width, 1000)).reason is RefusalReason.TOO_MANY_PIXELS


def test_largest_size_is_not_refused_for_its_size() -> None:
    assert refusal(png_header(MAXIMUM_PIXELS // 1000, 1000)).reason is RefusalReason.DAMAGED


def test_refusal_survives_a_worker_process() -> None:
    error = pickle.loads(pickle.dumps(refusal(b"")))
    assert error.reason is RefusalReason.EMPTY
    assert str(error) == "The file is empty."
