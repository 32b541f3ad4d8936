import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg, decode_png

from medimage.serving.preprocessing import decode_image
from tests.support.image_formats import COLOR, GRAY, LOSSLESS, WITHOUT_PILLOW_WARNINGS
from tests.support.images import encode, encode_image, smooth

pytestmark = WITHOUT_PILLOW_WARNINGS

ORIENTATION = 274


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
