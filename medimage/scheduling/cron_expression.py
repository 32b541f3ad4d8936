"""When something is to run, as cron writes it: minute, hour, day of the month, month, day of the week."""

import datetime
import re
from dataclasses import dataclass
from typing import Self

from medimage.config.suggestions import did_you_mean
from medimage.errors import ConfigurationError
from medimage.scheduling.cron_field import DAY, HOUR, MINUTE, MONTH, WEEKDAY, CronField

_SHORT = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_LONGEST = 1000
"""Characters: more than any list of all minutes and hours has."""

_CALENDAR = (datetime.date(2000, 1, 1), 28 * 366)
"""From here on, in this many days, every day of the year falls on every day of the week: the calendar of 1901 to 2099
repeats after 28 years."""


@dataclass(frozen=True, kw_only=True)
class CronExpression:
    """Times of a calendar, without a time zone.

    Attributes:
        minute: Which minutes.
        hour: Which hours.
        day: Which days of the month.
        month: Which months.
        weekday: Which days of the week.

    Raises:
        ValueError: If there is no such date in any year.
    """

    minute: CronField
    hour: CronField
    day: CronField
    month: CronField
    weekday: CronField

    def __post_init__(self) -> None:
        first, days = _CALENDAR
        if not any(self.matches(first + datetime.timedelta(days=number)) for number in range(days)):
            raise ValueError(
                f"expected dates that some year has, got day {self.day.text} of month {self.month.text}, which never "
                "comes, so that it would never run"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly` or `@yearly`.

        Raises:
            ConfigurationError: With what was expected, what came, and where.
        """
        try:
            return cls._parse(text)
        except ValueError as error:
            shown = text if len(text) <= 80 else f"{text[:79]}…"
            raise ConfigurationError(
                f"--schedule {shown!r}: {error}{'' if str(error).endswith('?') else '.'}"
            ) from error

    @classmethod
    def _parse(cls, text: str) -> Self:
        if len(text) > _LONGEST:
            raise ValueError(f"expected five fields, got {len(text)} characters")
        words = text.split()
        if len(words) == 1 and words[0].startswith("@"):
            if words[0].lower() not in _SHORT:
                raise ValueError(f"expected one of {', '.join(_SHORT)}, got {words[0]!r}")
            words = _SHORT[words[0].lower()].split()
        if words and re.match(r"(CRON_)?TZ=", words[0]):
            raise ValueError("expected the time zone as --time-zone, not before the fields")
        if len(words) != 5:
            raise ValueError(_wrong_number(words))
        kinds = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
        minute, hour, day, month, weekday = (
            CronField.parse(word, kind) for word, kind in zip(words, kinds, strict=True)
        )
        return cls(minute=minute, hour=hour, day=day, month=month, weekday=weekday)

    @property
    def either_day(self) -> bool:
        """Whether a date fits by its day of the month or by its day of the week, and need not fit by both."""
        return not self.day.is_open and not self.weekday.is_open

    @property
    def follows_clock(self) -> bool:
        """Whether it runs through all hours, so that it follows what the clock shows and knows no single night."""
        return self.hour.is_open

    def matches(self, date: datetime.date) -> bool:
        """Returns whether it runs on a date."""
        if date.month not in self.month.values:
            return False
        by_day, by_weekday = date.day in self.day.values, date.isoweekday() % 7 in self.weekday.values
        return (by_day or by_weekday) if self.either_day else (by_day and by_weekday)

    def __str__(self) -> str:
        """Returns five fields with numbers, which every cron, Kubernetes and this class read alike."""
        return " ".join(each.text for each in (self.minute, self.hour, self.day, self.month, self.weekday))


def _wrong_number(words: list[str]) -> str:
    expected = "expected five fields, as minute, hour, day of the month, month, day of the week"
    if not words:
        return f"{expected}, got nothing: every Monday at 3:00 is '0 3 * * 1'"
    if len(words) in (6, 7):
        found = [" ".join(words[start : start + 5]) for start in range(len(words) - 4)]
        return f"{expected}, got {len(words)}: seconds and years are not part of it{did_you_mean(found)}"
    return f"{expected}, in quotes, got {len(words)}: every Monday at 3:00 is '0 3 * * 1'"
