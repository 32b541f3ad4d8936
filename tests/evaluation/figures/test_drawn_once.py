"""Figures that are shown in several places are drawn once."""

import dataclasses

import pytest

from medimage.evaluation.figures.drawn_once import drawn_once


@dataclasses.dataclass(frozen=True)
class Point:
    height: float


class Drawing:
    """Counts how often it is drawn."""

    def __init__(self) -> None:
        self.drawn = list[Point]()

    def __call__(self, points: list[Point], *, width: float = 1.0) -> bytes:
        self.drawn += points
        return repr((points, width)).encode()


@pytest.fixture
def drawing() -> Drawing:
    return Drawing()


def test_equal_values_are_drawn_once(drawing: Drawing) -> None:
    draw = drawn_once(drawing)
    first, second = (draw([Point(height=1.0)], width=2.0) for _ in range(2))
    assert first == second == b"([Point(height=1.0)], 2.0)"
    assert len(drawing.drawn) == 1


def test_other_values_are_another_figure(drawing: Drawing) -> None:
    draw = drawn_once(drawing)
    figures = {draw([Point(height=1.0)]), draw([Point(height=2.0)]), draw([Point(height=1.0)], width=3.0)}
    assert len(figures) == 3


def test_values_that_were_changed_in_place_are_drawn_anew(drawing: Drawing) -> None:
    draw, points = drawn_once(drawing), [Point(height=1.0)]
    before = draw(points)
    points.append(Point(height=2.0))
    assert draw(points) != before


def test_what_was_not_shown_for_long_is_not_kept(drawing: Drawing) -> None:
    draw = drawn_once(drawing)
    for height in (1.0, *range(100, 200), 1.0):
        draw([Point(height=height)])
    assert drawing.drawn.count(Point(height=1.0)) == 2
