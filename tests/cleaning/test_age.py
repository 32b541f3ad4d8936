import datetime

import pytest

from medimage.cleaning.age import parse_age
from medimage.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "hours"), [("12h", 12), ("30d", 30 * 24), ("4w", 4 * 7 * 24), ("0h", 0), ("00090d", 90 * 24)]
)
def test_hours_days_and_weeks_are_read(text: str, hours: int) -> None:
    assert parse_age(text) == datetime.timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30 d", "30m", "999999d", "30d\n", "٣d"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="such as 12h, 30d or 4w"):
        parse_age(text)
