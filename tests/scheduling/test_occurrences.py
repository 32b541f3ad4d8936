"""When expressions are due: by croniter, by systemd, and in the nights in which clocks are changed."""

import datetime
import zoneinfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.scheduling.cron_expression import CronExpression
from medimage.scheduling.occurrences import next_occurrence, occurrences_between
from tests.support.cron_lines import cron_lines

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
ZONES = (
    *("Europe/Berlin", "America/New_York", "Europe/Dublin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Tehran"),
    *("Africa/Casablanca", "America/Sao_Paulo", "America/Havana", "Antarctica/Troll", "Asia/Kathmandu", "UTC"),
)
"""Changes of half an hour, an hour and two, at midnight and at other hours, in both halves of the year, and none."""


def due(text: str, *, after: str, times: int, zone: zoneinfo.ZoneInfo = BERLIN) -> list[str]:
    cron = CronExpression.parse(text)
    moment = datetime.datetime.fromisoformat(after).replace(tzinfo=zone)
    found = []
    for _ in range(times):
        moment = next_occurrence(cron, zone, after=moment)
        found.append(moment.isoformat(timespec="minutes"))
    return found


def test_a_time_that_the_clock_jumps_over_is_made_up_for_at_the_jump() -> None:
    assert due("30 2 * * *", after="2026-03-28T12:00", times=2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]


def test_several_times_that_the_clock_jumps_over_are_one_run() -> None:
    expected = ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"]
    assert due("0,20,40 2 * * *", after="2026-03-28T12:00", times=2) == expected
    assert due("0 2,3 * * *", after="2026-03-28T12:00", times=2) == expected


def test_a_time_that_the_clock_shows_twice_runs_the_first_time() -> None:
    assert due("30 2 * * *", after="2026-10-24T12:00", times=2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]


def test_what_runs_through_all_hours_follows_the_clock() -> None:
    assert due("30 * * * *", after="2026-10-25T01:45", times=3) == [
        *("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-10-25T03:30+01:00")
    ]
    assert due("30 * * * *", after="2026-03-29T01:00", times=2) == ["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"]


def test_a_day_that_an_island_left_out_is_made_up_for_on_the_next() -> None:
    apia = zoneinfo.ZoneInfo("Pacific/Apia")
    assert due("0 12 30 12 *", after="2011-12-01T00:00", times=2, zone=apia) == [
        *("2011-12-31T00:00+14:00", "2012-12-30T12:00+14:00")
    ]


def test_a_leap_day_may_be_years_away() -> None:
    assert due("0 0 29 2 *", after="2096-03-01T00:00", times=1) == ["2104-02-29T00:00+01:00"]


def test_all_times_between_two_moments_are_told_in_order() -> None:
    start = datetime.datetime(2026, 11, 22, 3, 0, tzinfo=BERLIN)
    cron = CronExpression.parse("0 3 * * *")
    found = list(occurrences_between(cron, BERLIN, after=start, until=start + datetime.timedelta(days=2)))
    assert [moment.day for moment in found] == [23, 24]


@settings(max_examples=150)
@given(
    text=cron_lines(),
    zone=st.sampled_from(ZONES).map(zoneinfo.ZoneInfo),
    shown=st.datetimes(datetime.datetime(1975, 1, 1), datetime.datetime(2036, 1, 1)),
)
def test_the_same_times_are_due_as_for_croniter(text: str, zone: zoneinfo.ZoneInfo, shown: datetime.datetime) -> None:
    _compare(text, zone, shown, times=5)


@settings(max_examples=150)
@given(
    text=cron_lines(hours=st.sampled_from(["*", "*/2", "0", "1", "2", "3", "0-4", "0,2", "23"])),
    zone=st.sampled_from(ZONES).map(zoneinfo.ZoneInfo),
    year=st.integers(1975, 2035),
    which=st.integers(0, 3),
    hours_before=st.integers(0, 40),
)
def test_the_same_times_are_due_as_for_croniter_when_clocks_are_changed(
    text: str, zone: zoneinfo.ZoneInfo, year: int, which: int, hours_before: int
) -> None:
    changes = _changes(zone, year)
    if changes:
        shown = changes[which % len(changes)] - datetime.timedelta(hours=hours_before)
        minute, hour, *_ = text.split()
        _compare(f"{minute} {hour} * * *", zone, shown, times=8)


def _compare(text: str, zone: zoneinfo.ZoneInfo, shown: datetime.datetime, *, times: int) -> None:
    cron = CronExpression.parse(text)
    start = shown.replace(tzinfo=zone, second=0, microsecond=0)
    ours, moment = [], start
    for _ in range(times):
        moment = next_occurrence(cron, zone, after=moment)
        ours.append(moment.astimezone(datetime.UTC))
    theirs: list[datetime.datetime] = []
    found = croniter(text, start)
    while len(theirs) < times:
        moment = found.get_next(datetime.datetime)
        # Where it decides otherwise, as docs/how-to/schedules.md says: croniter runs a fixed time in both of two equal
        # hours, and makes up for an hour that is jumped over also where all hours run.
        fits = moment.hour in cron.hour.values and moment.minute in cron.minute.values
        if (cron.follows_clock and fits) or (not cron.follows_clock and moment.fold == 0):
            theirs.append(moment.astimezone(datetime.UTC))
    assert ours == theirs


def _changes(zone: zoneinfo.ZoneInfo, year: int) -> list[datetime.datetime]:
    days = [datetime.datetime(year, 1, 2) + datetime.timedelta(days=day) for day in range(360)]
    offsets = [day.replace(tzinfo=zone).utcoffset() for day in days]
    return [day for day, before, after in zip(days[1:], offsets, offsets[1:], strict=False) if before != after]


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York"])
def test_a_moment_that_is_due_is_not_after_itself(name: str) -> None:
    zone = zoneinfo.ZoneInfo(name)
    cron = CronExpression.parse("* * * * *")
    moment = datetime.datetime(2026, 10, 25, 0, 0, 30, tzinfo=zone)
    first = next_occurrence(cron, zone, after=moment)
    assert first == datetime.datetime(2026, 10, 25, 0, 1, tzinfo=zone)
    assert next_occurrence(cron, zone, after=first) == datetime.datetime(2026, 10, 25, 0, 2, tzinfo=zone)
