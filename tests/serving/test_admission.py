import pytest

from medimage.serving.admission import Admission


def admission(**changes: float) -> Admission:
    options = {"images": 64, "upload_bytes": 1000, "seconds": 3, "answered_at_a_time": 2, **changes}
    return Admission(**options)  # type: ignore[arg-type]


def test_as_many_may_wait_as_are_answered_in_time() -> None:
    slow = admission()
    slow.note_speed(images=1, seconds=0.5)
    assert slow.most_images == 2 + 12
    for _ in range(14):
        assert not slow.is_full
        assert slow.enter(images=1, upload_bytes=1)
    assert slow.is_full
    assert not slow.enter(images=1, upload_bytes=1)
    slow.leave(images=1, upload_bytes=1)
    assert slow.enter(images=1, upload_bytes=1)


def test_the_speed_is_that_of_the_last_images() -> None:
    changing = admission()
    changing.note_speed(images=1, seconds=0.001)
    assert changing.most_images == 64
    for _ in range(60):
        changing.note_speed(images=1, seconds=1)
    assert changing.most_images == 2 + 6
    changing.note_speed(images=100, seconds=0.1)
    assert changing.most_images == 64


def test_images_of_one_request_count_as_that_many() -> None:
    together, apart = admission(), admission()
    for each in (together, apart):
        each.note_speed(images=1, seconds=2)
    together.note_speed(images=8, seconds=0.8)
    for _ in range(8):
        apart.note_speed(images=1, seconds=0.1)
    assert together.most_images == pytest.approx(apart.most_images, abs=1)


def test_as_many_as_are_worked_on_may_always_come() -> None:
    slowest = admission()
    slowest.note_speed(images=1, seconds=100)
    assert slowest.enter(images=1, upload_bytes=1)
    assert slowest.enter(images=1, upload_bytes=1)
    assert not slowest.enter(images=1, upload_bytes=1)


def test_where_nothing_waits_there_is_room_for_any_request() -> None:
    empty = admission(images=4)
    assert empty.enter(images=32, upload_bytes=9999)
    assert empty.is_full
    empty.leave(images=32, upload_bytes=9999)
    assert not empty.is_full


def test_bytes_are_counted_as_well() -> None:
    heavy = admission()
    assert heavy.enter(images=1, upload_bytes=600)
    assert not heavy.enter(images=1, upload_bytes=600)
    assert not heavy.is_full
