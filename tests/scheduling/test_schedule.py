import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.scheduling.schedule import Schedule
from tests.support.schedules import make_schedule


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_schedule_reads_back_as_it_was_written_whatever_its_arguments_hold(words: list[str]) -> None:
    schedule = make_schedule(words=tuple(words), folder="/a b/%\"'", cron="*/5 1-3 * * MON")
    again = Schedule.from_json(schedule.to_json())
    assert again == schedule
    assert again.same_work(schedule)


@pytest.mark.parametrize("name", ["", "Monitor", "a b", "a" * 53, "-a", "a-", "../a", "a\n", "ä"])
def test_a_name_that_kubernetes_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="--schedule-name: expected up to 52"):
        make_schedule(name=name)


@pytest.mark.parametrize("minutes", [-1, 10_081, float("nan"), float("inf")])
def test_an_impossible_grace_is_refused(minutes: float) -> None:
    with pytest.raises(ValueError, match="--grace-minutes"):
        make_schedule(grace_minutes=minutes)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2}', "null"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expected a schedule|Expecting value"):
        Schedule.from_json(text)


def test_other_arguments_are_other_work() -> None:
    schedule = make_schedule()
    assert not schedule.same_work(dataclasses.replace(schedule, words=("--other",)))
    assert schedule.same_work(dataclasses.replace(schedule, grace_minutes=5))


def test_credentials_in_an_argument_are_not_told() -> None:
    schedule = make_schedule(words=("--images", "https://me:secret@host/x?token=secret2"))
    assert "secret" not in schedule.command_text()
