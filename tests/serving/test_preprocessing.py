import io
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg, decode_png

from medimage.serving.preprocessing import (
    MAXIMUM_PIXELS,
    MINIMUM_SIDE,
    ImageRefusedError,
    RefusalReason,
    decode_image,
    prepare_image,
    resize_image,
)
from tests.support.image_refusals import refusal
from tests.support.images import encode, encode_image, smooth

# Pytest replaces the process's warning filters, and with them the one that the module sets.
pytestmark = pytest.mark.filterwarnings(r"ignore::Warning:PIL\..*")

COLOR = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
GRAY = np.ascontiguousarray(COLOR[:, :, 0])
ORIENTATION = 274


LOSSLESS = {
    "png": encode(COLOR, "PNG"),
    "tiff": encode(COLOR, "TIFF"),
    "tiff_lzw": encode(COLOR, "TIFF", compression="tiff_lzw"),
    "tiff_deflate": encode(COLOR, "TIFF", compression="tiff_adobe_deflate"),
    "webp": encode(COLOR, "WEBP", lossless=True),
    "bmp": encode(COLOR, "BMP"),
}
LOSSY = {"jpeg": encode(COLOR, "JPEG"), "progressive": encode(COLOR, "JPEG", progressive=True)}


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_give_back_the_pixels(name: str) -> None:
    np.testing.assert_array_equal(decode_image(LOSSLESS[name], color_mode="rgb"), COLOR)


def test_png_matches_torchvision() -> None:
    data = encode(smooth(70, 50), "PNG")
    oracle = decode_png(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB).permute(1, 2, 0)
    np.testing.assert_array_equal(decode_image(data, color_mode="rgb"), oracle.numpy())


def test_jpeg_matches_torchvision() -> None:
    data = encode(smooth(70, 50), "JPEG", quality=92, subsampling=0)
    oracle = decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB).permute(1, 2, 0)
    # Two builds of libjpeg may round the inverse transform differently.
    assert np.abs(decode_image(data, color_mode="rgb").astype(int) - oracle.numpy()).max() <= 2


def test_gray_is_bt601_luma() -> None:
    expected = COLOR @ np.array([0.299, 0.587, 0.114])
    gray = decode_image(LOSSLESS["png"], color_mode="gray")
    assert gray.shape == (24, 20, 1)
    assert np.abs(gray[:, :, 0] - expected).max() <= 0.51


def test_gray_becomes_rgb_by_repetition() -> None:
    np.testing.assert_array_equal(
        decode_image(encode(GRAY, "PNG"), color_mode="rgb"), np.repeat(GRAY[:, :, None], 3, axis=2)
    )


def test_gray_file_keeps_its_values_in_gray() -> None:
    np.testing.assert_array_equal(decode_image(encode(GRAY, "TIFF"), color_mode="gray")[:, :, 0], GRAY)


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (2, lambda pixels: pixels[:, ::-1]),
        (3, lambda pixels: pixels[::-1, ::-1]),
        (4, lambda pixels: pixels[::-1]),
        (5, lambda pixels: pixels.transpose(1, 0, 2)),
        (6, lambda pixels: np.rot90(pixels, -1)),
        (7, lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda pixels: np.rot90(pixels, 1)),
    ],
)
@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied_once(orientation: int, turned, image_format: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"lossless": True} if image_format == "WEBP" else {}
    data = encode(COLOR, image_format, exif=exif.tobytes() if image_format != "TIFF" else exif, **options)
    np.testing.assert_array_equal(decode_image(data, color_mode="rgb"), turned(COLOR))


def test_palette_becomes_its_colors() -> None:
    paletted = Image.fromarray(COLOR).quantize(8)
    expected = np.asarray(paletted.convert("RGB"))
    np.testing.assert_array_equal(decode_image(encode_image(paletted, "PNG"), color_mode="rgb"), expected)


def test_bilevel_becomes_black_and_white() -> None:
    bilevel = Image.fromarray(GRAY > 127)
    expected = np.where(GRAY > 127, 255, 0)
    np.testing.assert_array_equal(decode_image(encode_image(bilevel, "PNG"), color_mode="gray")[:, :, 0], expected)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_opaque_alpha_is_dropped(mode: str) -> None:
    image = Image.fromarray(COLOR if mode == "RGBA" else GRAY).convert(mode)
    expected = COLOR if mode == "RGBA" else np.repeat(GRAY[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(decode_image(encode_image(image, "PNG"), color_mode="rgb"), expected)


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
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 20, 24, 16, 2, 0, 0, 0)
    rows = b"".join(b"\x00" + bytes(20 * 6) for _ in range(24))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


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


def png_header(width: int, height: int) -> bytes:
    """A valid PNG whose pixels are missing: only a reader of headers gets far enough to refuse its size."""
    import zlib

    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = b"IDAT" + zlib.compress(b"")
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


@pytest.mark.parametrize("width", [MAXIMUM_PIXELS // 1000 + 1, 100_000, 2_000_000])
def test_extreme_size_is_refused_from_the_header(width: int) -> None:
    assert refusal(png_header(width, 1000)).reason is RefusalReason.TOO_MANY_PIXELS


def test_largest_size_is_not_refused_for_its_size() -> None:
    assert refusal(png_header(MAXIMUM_PIXELS // 1000, 1000)).reason is RefusalReason.DAMAGED


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_file_cut_short_anywhere_is_refused_or_whole(name: str) -> None:
    data = (LOSSLESS | LOSSY)[name]
    whole = decode_image(data, color_mode="gray")
    for length in range(len(data)):
        try:
            decoded = decode_image(data[:length], color_mode="gray")
        except ImageRefusedError:
            continue
        # What follows the pixels, such as the last chunk of a PNG, may be missing; a pixel may not.
        np.testing.assert_array_equal(decoded, whole)


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY])
def test_damaged_file_is_refused_or_decoded(name: str) -> None:
    generator = random.Random(7)
    for _ in range(150):
        data = bytearray((LOSSLESS | LOSSY)[name])
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            decoded = decode_image(bytes(data), color_mode="gray")
        except ImageRefusedError:
            continue
        assert decoded.dtype == np.uint8
        assert decoded.shape[2] == 1


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"RIFF\x10\0\0\0WEBP", b"BM"]),
    rest=st.binary(max_size=200),
)
def test_random_bytes_give_pixels_or_a_refusal_with_its_reason(start: bytes, rest: bytes) -> None:
    try:
        pixels = decode_image(start + rest, color_mode="rgb")
    except ImageRefusedError as error:
        outcome = str(error)
    else:
        outcome = f"{pixels.dtype} of {pixels.shape[2]} channels."
    # Nothing else may come out: any other exception fails here.
    assert outcome.endswith(".")


def test_warnings_and_log_of_pillow_never_leak(tmp_path: Path) -> None:
    tiff = bytearray(LOSSLESS["tiff"])
    samples_per_pixel = bytes(tiff).index(struct.pack("<HH", 277, 3))
    tiff[samples_per_pixel + 8 : samples_per_pixel + 10] = struct.pack("<H", 3000)
    (tmp_path / "logs.tiff").write_bytes(tiff)
    (tmp_path / "warns.png").write_bytes(png_header(100_000, 1000))
    program = """
import sys
from pathlib import Path
from medimage.serving.preprocessing import ImageRefusedError, decode_image
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        decode_image(file.read_bytes(), color_mode="gray")
    except ImageRefusedError as error:
        print(file.name, error.reason)
"""
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert result.stdout.split("\n")[:2] == ["logs.tiff damaged", "warns.png too_many_pixels"]
    assert result.stderr == ""


def test_refusal_survives_a_worker_process() -> None:
    error = pickle.loads(pickle.dumps(refusal(b"")))
    assert error.reason is RefusalReason.EMPTY
    assert str(error) == "The file is empty."


def test_prepare_is_decode_then_resize() -> None:
    expected = resize_image(decode_image(LOSSY["jpeg"], color_mode="gray"), size=32)
    np.testing.assert_array_equal(prepare_image(LOSSY["jpeg"], color_mode="gray", size=32), expected)


@pytest.mark.real_images
@pytest.mark.parametrize("folder", ["chest5", "tb", "brain4", "brain_binary", "skin7"])
def test_real_images_are_accepted(real_images, folder: str) -> None:
    files = sorted(path for path in (real_images / folder).rglob("*") if path.suffix in (".png", ".jpg", ".jpeg"))
    assert files
    for file in files[:: max(1, len(files) // 60)]:
        assert prepare_image(file.read_bytes(), color_mode="gray", size=64).shape == (64, 64, 1)
