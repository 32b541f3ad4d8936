"""Cron expressions: what they mean, and what is said of a typo."""

import datetime

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from medimage.errors import ConfigurationError
from medimage.scheduling.cron_expression import CronExpression
from tests.support.cron_lines import cron_lines


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("75 3 * * 1", "expected a minute from 0 to 59 in the first field, got '75'"),
        ("0 24 * * *", "expected an hour from 0 to 23 in the second field, got '24'"),
        ("0 3 0 * *", "expected a day of the month from 1 to 31 in the third field, got '0'"),
        ("0 3 * 13 *", "expected a month from 1 to 12 or JAN to DEC in the fourth field, got '13'"),
        ("0 3 * january *", "got 'january'"),
        ("0 3 * * 8", "expected a day of the week from 0 to 7 or SUN to SAT in the fifth field, got '8'"),
        ("0 3 * * mon-", "in the fifth field, a range such as 1-5"),
        ("1,75 3 * * *", "got '75'"),
        ("0,,5 3 * * *", "got nothing"),
        ("0 3 * * * *", "got 6: seconds and years are not part of it; did you mean 0 3 * * * or 3 * * * *?"),
        ("0", "in quotes, got 1: every Monday at 3:00 is '0 3 * * 1'"),
        ("", "got nothing"),
        ("0 3 * * FRI-MON", "a range that runs forward in the fifth field, got 'fri-mon': write it as two, 5-6,0-1"),
        ("*/90 * * * *", "expected a step from 1 to 59 in the first field"),
        ("*/0 * * * *", "expected a step from 1 to 59 in the first field"),
        ("5/15 * * * *", "such as 5-59/15"),
        ("*-5 * * * *", "expected * alone or with a step"),
        ("-1 3 * * *", "got '-1'"),
        ("٣ 3 * * *", "got '٣'"),
        ("0 3 L * *", "not part of cron"),
        ("0 3 ? * 1", "not part of cron"),
        ("0 3 * * 1#2", "not part of cron"),
        ("@weeky", "expected one of @yearly"),
        ("@reboot", "expected one of @yearly"),
        ("CRON_TZ=UTC 0 3 * * 1", "as --time-zone"),
        ("0 0 30 2 *", "day 30 of month 2, which never comes"),
        ("0 0 31 4,6,9,11 *", "which never comes"),
        ("0 " * 1000, "got 2000 characters"),
    ],
)
def test_a_typo_is_explained(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        CronExpression.parse(text)
    assert told in str(refused.value)
    assert str(refused.value).startswith("--schedule ")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("@weekly", "0 0 * * 0"),
        ("@DAILY", "0 0 * * *"),
        ("0 3 * * MON", "0 3 * * 1"),
        ("0 3 * Jan-mar 7", "0 3 * 1,2,3 0"),
        ("0 3 * * FRI-SUN", "0 3 * * 0,5,6"),
        ("0 3 * * SUN-SUN", "0 3 * * 0"),
        ("  10-40/15\t3 * *  * ", "10,25,40 3 * * *"),
        ("*/20 * * * *", "*/20 * * * *"),
    ],
)
def test_names_ranges_and_short_forms_become_numbers(text: str, same: str) -> None:
    assert str(CronExpression.parse(text)) == same


@given(cron_lines())
def test_what_is_written_reads_back_as_the_same(text: str) -> None:
    cron = CronExpression.parse(text)
    again = CronExpression.parse(str(cron))
    assert str(again) == str(cron)
    dates = [datetime.date(2027, 1, 1) + datetime.timedelta(days=day) for day in range(400)]
    assert [cron.matches(date) for date in dates] == [again.matches(date) for date in dates]


@given(cron_lines(), st.dates(datetime.date(1950, 1, 1), datetime.date(2090, 1, 1)))
def test_the_same_dates_fit_as_for_croniter(text: str, date: datetime.date) -> None:
    cron = CronExpression.parse(text)
    moment = datetime.datetime.combine(date, datetime.time(min(cron.hour.values), min(cron.minute.values)))
    assert cron.matches(date) == croniter.match(text, moment)


def test_a_day_and_a_weekday_are_alternatives_unless_one_of_them_is_open() -> None:
    thirteenth, friday = datetime.date(2026, 9, 13), datetime.date(2026, 9, 18)
    both = CronExpression.parse("0 3 13 * FRI")
    assert both.matches(thirteenth)
    assert both.matches(friday)
    assert not CronExpression.parse("0 3 13 * *").matches(friday)
    # As in cron(8): an open field restricts what the other one lets through.
    assert not CronExpression.parse("0 3 */2 * FRI").matches(friday)
