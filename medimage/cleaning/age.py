"""How old something must be before it is taken for left behind."""

import datetime
import re
from typing import Final

from medimage.errors import ConfigurationError

_WRITTEN: Final = re.compile(r"(?P<number>[0-9]{1,5})(?P<unit>[hdw])")
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}


def parse_age(text: str) -> datetime.timedelta:
    """Returns the time that a text such as `12h`, `30d` or `4w` names.

    Raises:
        ConfigurationError: If it names none.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"--older-than: expected a number of hours, days or weeks such as 12h, 30d or 4w but got {text!r}"
        )
    return datetime.timedelta(**{_UNITS[found["unit"]]: int(found["number"])})
