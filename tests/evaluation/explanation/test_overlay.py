import io

import numpy as np
import pytest
from PIL import Image

from medimage.data.box import Box
from medimage.evaluation.explanation.overlay import draw_heat_map, draw_image, draw_legend, draw_pair
from tests.support.explained import case


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
