"""Test sets that are recognised by their images, wherever these lie."""

from collections.abc import Sequence

import pytest

from medimage.data.audit.data_audit import DataAudit
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.moved_test_set import recognise_test_set
from medimage.errors import DataError
from tests.support.rows_to_split import audited


def data(*rows: int, quarantined: Sequence[int] = ()) -> DataAudit:
    ids = [f"{row:064x}" for row in rows]
    reasons = ["blank: nothing to see" if row in quarantined else "" for row in rows]
    return audited(["a"] * len(rows), ids, image_ids=ids, reasons=reasons)


def lock(*rows: int, place: str = "s", name: str = "default") -> LockedTestSet:
    return LockedTestSet(
        name=name,
        scope=place,
        family="f",
        image_ids=tuple(f"{row:064x}" for row in rows),
        labels=("a",) * len(rows),
        file_names=tuple(f"{row}.png" for row in rows),
        patients=(),
        seed=0,
        locked_at="2026-01-02T03:04:05+00:00",
    )


def test_the_set_whose_images_are_all_there_is_the_one() -> None:
    other, whole = lock(*range(100, 110)), lock(*range(10))
    assert recognise_test_set([other, whole], data(*range(50))) == whole
    assert recognise_test_set([other], data(*range(50))) is None
    assert recognise_test_set([], data(*range(50))) is None


def test_a_set_that_is_whole_counts_though_a_part_of_another_is_there() -> None:
    part, whole = lock(*range(40, 60)), lock(*range(10))
    assert recognise_test_set([part, whole], data(*range(50))) == whole


def test_a_quarantined_image_is_there() -> None:
    locked = lock(*range(10))
    assert recognise_test_set([locked], data(*range(50), quarantined=[3])) == locked


@pytest.mark.parametrize("present", [3, 50, 99])
def test_a_part_of_a_set_is_told_with_what_is_missing_and_the_ways_out(present: int) -> None:
    with pytest.raises(DataError) as caught:
        recognise_test_set([lock(*range(100))], data(*range(present), *range(200, 300)))
    message = str(caught.value)
    assert f"{present} of the 100 images of the test set 'default', locked on 2026-01-02" in message
    assert f"{100 - present} are missing" in message
    assert f"are missing: {min(f'{row}.png' for row in range(present, 100))}" in message
    assert "Bring the missing ones back" in message
    assert "split.test_set another name than 'default'" in message


def test_a_few_images_in_common_are_coincidence() -> None:
    assert recognise_test_set([lock(*range(100))], data(0, 1, *range(200, 300))) is None


def test_a_set_that_is_locked_for_several_places_is_one() -> None:
    newest, oldest = lock(*range(10), place="new"), lock(*range(10), place="old")
    assert recognise_test_set([newest, oldest], data(*range(50))) == newest


def test_several_sets_in_the_same_data_cannot_be_chosen_between() -> None:
    with pytest.raises(DataError, match=r"the images of 2 test sets.*would be trained on.*another name"):
        recognise_test_set([lock(*range(10)), lock(*range(10, 20))], data(*range(50)))
