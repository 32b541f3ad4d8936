import io
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from medimage.serving.color_mode import ColorMode
from medimage.serving.jpeg import decode_plain_jpeg
from medimage.serving.preprocessing import ImageRefusedError, decode_image
from tests.support.images import smooth

ORIENTATION = 274
pytestmark = pytest.mark.filterwarnings(r"ignore::Warning:PIL\..*")


def jpeg(pixels: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def with_pillow(data: bytes, color_mode: ColorMode) -> np.ndarray | None:
    """The pixels as Pillow alone gives them, or None where it cannot decode the file."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            upright = ImageOps.exif_transpose(image)
            pixels = np.asarray(upright.convert("L" if color_mode == "gray" else "RGB"))
    except Exception:  # whatever Pillow raises on damaged files
        return None
    return pixels.reshape(*pixels.shape[:2], -1)


def takes_short_cut(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as image:
        return decode_plain_jpeg(image, data).pixels is not None


@st.composite
def jpegs(draw: st.DrawFn) -> bytes:
    """Gray and colour files of odd sizes, in every way that Pillow can write."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    height, width = draw(st.integers(16, 70)), draw(st.integers(16, 70))
    color = draw(st.booleans())
    coarse = generator.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    options = {
        "quality": draw(st.integers(1, 100)),
        "progressive": draw(st.booleans()),
        "optimize": draw(st.booleans()),
    }
    if color and draw(st.booleans()):
        options["keep_rgb"] = True
    elif color:
        options["subsampling"] = draw(st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]))
    if draw(st.booleans()):
        options["restart_marker_blocks"] = draw(st.integers(1, 4))
    return jpeg(np.asarray(image if color else image.convert("L")), **options)


@settings(deadline=None, max_examples=150)
@given(data=jpegs(), color_mode=st.sampled_from(["gray", "rgb"]))
def test_every_whole_jpeg_has_the_pixels_that_pillow_gives(data: bytes, color_mode: ColorMode) -> None:
    assert takes_short_cut(data)
    np.testing.assert_array_equal(decode_image(data, color_mode=color_mode), with_pillow(data, color_mode))


@settings(deadline=None, max_examples=100)
@given(data=jpegs(), seed=st.integers(0, 2**32 - 1))
def test_damaged_jpegs_have_the_pixels_that_pillow_gives_or_are_refused(data: bytes, seed: int) -> None:
    generator = random.Random(seed)
    for _ in range(6):
        damaged = bytearray(data)
        if generator.random() < 0.4:
            del damaged[generator.randrange(2, len(damaged)) :]
        for _ in range(generator.randint(0, 3)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        try:
            decoded = decode_image(bytes(damaged), color_mode="rgb")
        except ImageRefusedError:
            continue
        if damaged.startswith(b"\xff\xd8\xff"):
            np.testing.assert_array_equal(decoded, with_pillow(bytes(damaged), "rgb"))


@pytest.mark.parametrize("orientation", range(10))
def test_exif_orientation_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = jpeg(smooth(40, 31), exif=exif.tobytes())
    pixels = decode_image(data, color_mode="rgb")
    assert takes_short_cut(data)
    assert pixels.shape == ((31, 40, 3) if 5 <= orientation <= 8 else (40, 31, 3))
    np.testing.assert_array_equal(pixels, with_pillow(data, "rgb"))


def test_a_file_whose_header_names_another_size_takes_no_short_cut() -> None:
    data = jpeg(smooth(64, 48)[:, :, 0])
    for height in (48, 80):
        with Image.open(io.BytesIO(jpeg(smooth(height, 48)[:, :, 0]))) as other:
            assert decode_plain_jpeg(other, data).pixels is None


@pytest.mark.real_images
@pytest.mark.parametrize("folder", ["chest5", "brain4", "brain_binary", "skin7"])
def test_real_jpegs_have_the_pixels_that_pillow_gives(real_images: Path, folder: str) -> None:
    files = sorted((real_images / folder).rglob("*.jpg"))
    assert files
    for file in files[:: max(1, len(files) // 40)]:
        data = file.read_bytes()
        assert takes_short_cut(data)
        for color_mode in ("gray", "rgb"):
            np.testing.assert_array_equal(decode_image(data, color_mode=color_mode), with_pillow(data, color_mode))
