"""When a cron expression is due in a time zone, also in the nights in which clocks are changed.

In such a night, as cron(8) of Debian does it: a time of day that the clock jumps over is made up for at the moment of
the jump, once; one that the clock shows twice counts the first time. An expression that runs through all hours (its
hour begins with `*`) follows the clock instead: what is jumped over does not come, an hour that comes twice runs twice.
"""

import datetime
import functools
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from medimage.scheduling.cron_expression import CronExpression

_DAY = datetime.timedelta(days=1)
_HOUR = datetime.timedelta(hours=1)
_MOST_DAYS = 41 * 366
"""A 29th of February on one day of the week may be 40 years away, across a year such as 2100."""


def next_occurrence(cron: CronExpression, zone: ZoneInfo, *, after: datetime.datetime) -> datetime.datetime:
    """Returns the first time after another one at which an expression is due.

    Args:
        cron: The expression.
        zone: The zone whose clock it is read on.
        after: A moment, with its zone.

    Returns:
        A moment in `zone`, at a full minute.

    Raises:
        OverflowError: If the calendar ends before.
    """
    # Zones have skipped a whole day, and what such a day had is due on the next one.
    date = after.astimezone(zone).date() - 2 * _DAY
    for _ in range(_MOST_DAYS):
        if cron.matches(date):
            for moment in _moments(cron, zone, date, after=after):
                if moment > after:
                    return moment.astimezone(zone)
        date += _DAY
    raise OverflowError(f"there is no time for {cron} after {after}")


def occurrences_between(
    cron: CronExpression, zone: ZoneInfo, *, after: datetime.datetime, until: datetime.datetime
) -> Iterator[datetime.datetime]:
    """Yields all times at which an expression is due after one moment and not after another."""
    moment = next_occurrence(cron, zone, after=after)
    while moment <= until:
        yield moment
        moment = next_occurrence(cron, zone, after=moment)


def _moments(
    cron: CronExpression, zone: ZoneInfo, date: datetime.date, *, after: datetime.datetime
) -> Iterator[datetime.datetime]:
    """Yields the moments of a date in order, in UTC; those long before `after` may be left out."""
    midnight = datetime.datetime.combine(date, datetime.time())
    offsets = _offsets_around(midnight, zone)
    if len(offsets) > 1:
        yield from sorted(set(_changed_day(cron, zone, midnight)))
        return
    # On a day like others the clock and the moments go together, and what is over need not be looked at.
    (offset,) = offsets
    start = (midnight - offset).replace(tzinfo=datetime.UTC)
    for hour in sorted(cron.hour.values):
        if start + (hour + 1) * _HOUR <= after:
            continue
        for minute in sorted(cron.minute.values):
            yield start + datetime.timedelta(hours=hour, minutes=minute)


@functools.lru_cache(maxsize=16)
def _offsets_around(midnight: datetime.datetime, zone: ZoneInfo) -> frozenset[datetime.timedelta]:
    """Returns every offset that a zone has within about a day of a date."""
    return frozenset(_offset(midnight + number * _HOUR, zone) for number in range(-26, 51))


def _changed_day(cron: CronExpression, zone: ZoneInfo, midnight: datetime.datetime) -> Iterator[datetime.datetime]:
    for hour in cron.hour.values:
        for minute in cron.minute.values:
            shown = midnight.replace(hour=hour, minute=minute)
            first, second = _offset(shown, zone), _offset(shown.replace(fold=1), zone)
            early, late = (
                (shown - offset).replace(tzinfo=datetime.UTC) for offset in (max(first, second), min(first, second))
            )
            if first >= second:
                yield early
                if cron.follows_clock:
                    yield late
            elif not cron.follows_clock:
                yield _jump(early, late, zone)


def _offset(shown: datetime.datetime, zone: ZoneInfo) -> datetime.timedelta:
    """Returns how far a clock is ahead of UTC; of times that are shown twice or not at all, by `fold` (PEP 495)."""
    offset = shown.replace(tzinfo=zone).utcoffset()
    # A zone of the IANA database has an offset at every time.
    return offset if offset is not None else datetime.timedelta()


def _jump(before: datetime.datetime, after: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """Returns the moment between two others at which a zone's clock jumps, to the second."""
    old = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        at_middle = datetime.datetime.fromtimestamp(middle, tz=datetime.UTC)
        if at_middle.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return datetime.datetime.fromtimestamp(high, tz=datetime.UTC)
