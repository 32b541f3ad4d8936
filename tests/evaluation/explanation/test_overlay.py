import io

import numpy as np
import pytest
from PIL import Image

from medimage.data.box import Box
from medimage.evaluation.explanation.overlay import blend, draw_heat_map, draw_image, draw_legend, draw_pair
from tests.support.explained import case

HEAT = np.arange(256, dtype=np.uint8)[None]


def lightness(colors: np.ndarray) -> np.ndarray:
    """Returns the lightness L* of CIE 1976 of sRGB colours."""
    scaled = colors / 255
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


@pytest.mark.parametrize("gray", [0, 60, 128, 200, 255])
def test_hotter_is_lighter_on_every_ground(gray: int) -> None:
    found = lightness(blend(np.full((1, 256, 1), gray, np.uint8), HEAT)[0].astype(float))
    # In steps of 8: between neighbours the rounding to whole colour values shows.
    assert (np.diff(found[::8]) > 0).all()
    assert found[-1] - found[0] > 35


def test_colours_of_the_image_are_gray_in_the_map() -> None:
    red = np.zeros((1, 256, 3), np.uint8)
    red[..., 0] = 200
    gray = np.full((1, 256, 1), round(0.299 * 200), np.uint8)
    assert np.abs(blend(red, HEAT).astype(int) - blend(gray, HEAT)).max() <= 1


def test_known_lesions_are_framed_inside_the_image() -> None:
    boxes = (Box(left=0, top=0, right=32, bottom=32), Box(left=8, top=8, right=16, bottom=16))
    with Image.open(io.BytesIO(draw_heat_map(case(1, side=32, lesions=boxes), "grad_cam"))) as picture:
        framed = np.asarray(picture.convert("L")).astype(int)
    with Image.open(io.BytesIO(draw_heat_map(case(1, side=32, lesions=()), "grad_cam"))) as picture:
        plain = np.asarray(picture.convert("L")).astype(int)
    # A pixel of the image is 4.5 of the picture, and JPEG blurs a little.
    assert framed.shape == (144, 144)
    assert framed[36, 40:70].mean() > plain[36, 40:70].mean() + 60
    assert framed[35, 40:70].mean() < 70


@pytest.mark.parametrize("side", [32, 144, 512])
def test_pictures_of_all_images_are_of_one_size(side: int) -> None:
    found = case(1, side=side, lesions=())
    for picture in (draw_image(found), draw_heat_map(found, "grad_cam")):
        with Image.open(io.BytesIO(picture)) as opened:
            assert (opened.format, opened.size) == ("JPEG", (144, 144))
    with Image.open(io.BytesIO(draw_pair(found))) as opened:
        assert opened.size == (288, 144)


def test_legend_rises_from_left_to_right() -> None:
    with Image.open(io.BytesIO(draw_legend())) as picture:
        row = np.asarray(picture.convert("L"))[6].astype(int)
    assert (np.diff(row[::20]) > 0).all()
