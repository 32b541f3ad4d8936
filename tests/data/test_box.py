import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.data.box import Box


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"), [(-1, 0, 4, 4), (0, -1, 4, 4), (4, 0, 4, 4), (0, 5, 4, 4), (3, 0, 2, 4)]
)
def test_box_refuses_what_is_no_rectangle_of_pixels(left: int, top: int, right: int, bottom: int) -> None:
    with pytest.raises(ValueError, match="Expected 0 <= left < right"):
        Box(left=left, top=top, right=right, bottom=bottom)


def test_box_contains_as_many_pixels_as_its_area_says() -> None:
    box = Box(left=2, top=1, right=5, bottom=3)
    inside = [(row, column) for row in range(8) for column in range(8) if box.contains(row=row, column=column)]
    assert len(inside) == box.area == 6
    assert inside[0] == (1, 2)
    assert inside[-1] == (2, 4)


@st.composite
def boxes_in_images(draw: st.DrawFn) -> tuple[Box, tuple[int, int]]:
    height, width = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return Box(left=left, top=top, right=right, bottom=bottom), (height, width)


@given(boxes_in_images(), st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_resized_box_stays_inside_the_image_and_covers_the_same_part(
    case: tuple[Box, tuple[int, int]], new_size: tuple[int, int]
) -> None:
    box, old_size = case
    resized = box.resized(old_size=old_size, new_size=new_size)
    assert resized.bottom <= new_size[0]
    assert resized.right <= new_size[1]
    assert resized.left / new_size[1] <= box.left / old_size[1]
    assert resized.right / new_size[1] >= box.right / old_size[1]
    assert resized.top / new_size[0] <= box.top / old_size[0]
    assert resized.bottom / new_size[0] >= box.bottom / old_size[0]


def test_resize_refuses_a_box_of_another_image() -> None:
    with pytest.raises(ValueError, match="inside 10 x 10"):
        Box(left=0, top=0, right=11, bottom=5).resized(old_size=(10, 10), new_size=(5, 5))
