"""Time zones by their names in the IANA database."""

import datetime
import zoneinfo

import tzlocal

from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.errors import ConfigurationError


def find_time_zone(name: str | None) -> zoneinfo.ZoneInfo:
    """Returns a zone by its name; this machine's where none is given.

    Raises:
        ConfigurationError: If there is no such zone.
    """
    if name is None:
        return _local_zone()
    if name not in zoneinfo.available_timezones():
        near = nearest_names(name, sorted(zoneinfo.available_timezones()))
        raise ConfigurationError(
            f"--time-zone: expected a name of the IANA database, such as Europe/Berlin or UTC, but got "
            f"{name!r}{did_you_mean(near) or '.'}"
        )
    return zoneinfo.ZoneInfo(name)


def _local_zone() -> zoneinfo.ZoneInfo:
    try:
        # It keeps what it found before, and a machine may have moved since.
        tzlocal.reload_localzone()
        name = tzlocal.get_localzone_name()
    except (zoneinfo.ZoneInfoNotFoundError, LookupError, OSError, ValueError):
        name = None
    # A machine that does not say where it is keeps UTC, as containers do.
    return zoneinfo.ZoneInfo(name if name in zoneinfo.available_timezones() else "UTC")


def told_time(moment: datetime.datetime, zone: zoneinfo.ZoneInfo) -> str:
    """Returns a moment for a person, such as `Monday 2026-11-23 03:00 Europe/Berlin (UTC+01:00)`."""
    shown = moment.astimezone(zone)
    offset = shown.strftime("%z")
    return f"{shown:%A %Y-%m-%d %H:%M} {zone.key} (UTC{offset[:3]}:{offset[3:5]})"
