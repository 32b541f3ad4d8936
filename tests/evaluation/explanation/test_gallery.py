import io
from dataclasses import replace

import pytest
from PIL import Image

from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.gallery import draw_gallery
from tests.support.explained import NO_MAPS, case, explanation, method


def size(of: Explanation) -> tuple[int, int]:
    with Image.open(io.BytesIO(draw_gallery(of))) as picture:
        assert picture.format == "PNG"
        return picture.size


def test_gallery_grows_with_the_cases_and_keeps_its_width() -> None:
    few, many = size(explanation(cases=2)), size(explanation(cases=9))
    assert few[0] == many[0]
    assert many[1] > few[1]


def test_every_class_begins_a_row() -> None:
    one = Explanation(cases=tuple(case(number) for number in range(2)), methods=(method(),))
    two = replace(one, cases=(case(0), case(1, true_class="other")))
    assert size(two)[1] == 2 * size(one)[1]


def test_gallery_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected cases"):
        draw_gallery(NO_MAPS)
