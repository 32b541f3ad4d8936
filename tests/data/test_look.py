import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from medimage.data.audit.look import Look, look_at
from medimage.serving.color_mode import ColorMode
from tests.support.images import encode, smooth, textured


def look(encoded: bytes, color_mode: ColorMode = "gray") -> Look:
    return look_at(encoded, color_mode=color_mode, maximum_aspect_ratio=5)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), width=st.integers(16, 70), height=st.integers(16, 70))
def test_intensities_are_those_of_the_pixels(seed: int, width: int, height: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    found = look(encode(pixels)).intensities
    assert found.mean == pytest.approx(pixels.mean(), abs=1e-9)
    assert found.std == pytest.approx(pixels.std(), abs=1e-9)
    assert [found.low, found.high] == np.percentile(pixels, [1, 99], method="inverted_cdf").tolist()


@pytest.mark.parametrize("color_mode", ["gray", "rgb"])
def test_colour_images_have_the_intensities_of_their_luma(color_mode: ColorMode) -> None:
    pixels = smooth(64, 80)
    found = look(encode(pixels), color_mode)
    luma = np.asarray(Image.fromarray(pixels).convert("L"))
    assert found.intensities.mean == pytest.approx(luma.mean(), abs=1e-9)
    assert found.traits == {"colour"}


def test_what_cannot_be_decoded_has_no_intensities() -> None:
    found = look(b"nothing")
    assert np.isnan([found.intensities.mean, found.intensities.std, found.intensities.low]).all()
    assert not found.thumbnail.any()


def saved(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def turned(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(Image.fromarray(textured(1)), exif=exif)


@pytest.mark.parametrize(
    ("encoded", "traits"),
    [
        (saved(Image.fromarray(smooth(48, 48)).quantize(16)), {"palette", "colour"}),
        (saved(Image.fromarray(textured(1)).convert("RGBA")), {"alpha"}),
        (saved(Image.fromarray(textured(1)).convert("RGB")), set()),
        (turned(), {"rotated"}),
        (turned(99), set()),
    ],
    ids=["palette", "opaque alpha", "gray as RGB", "EXIF orientation", "EXIF orientation that means nothing"],
)
def test_what_is_accepted_and_remarkable_is_noted(encoded: bytes, traits: set[str]) -> None:
    found = look(encoded)
    assert found.exclusion is None
    assert found.traits == traits
