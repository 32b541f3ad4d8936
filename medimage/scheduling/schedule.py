"""What is to run, when, and who starts it."""

import datetime
import json
import re
import shlex
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from medimage.errors import ConfigurationError
from medimage.hidden_credentials import hide_credentials
from medimage.scheduling.cron_expression import CronExpression
from medimage.scheduling.occurrences import next_occurrence
from medimage.scheduling.time_zones import find_time_zone

_SHORTEST_GRACE = datetime.timedelta(minutes=1)
"""No clock is looked at in the very moment that a run is due: with less, nothing would ever run."""

DEFAULT_GRACE_MINUTES = 60
"""A run that is this much late still says what it was to say; a later one would soon be followed by the next."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?")
"""What Kubernetes takes for a CronJob, whose jobs get 11 more characters (63 of RFC 1123 in all)."""
_SCHEMA = 1


class StartedBy(StrEnum):
    """Who looks at the clock."""

    FOREGROUND = "foreground"
    SYSTEMD = "systemd"
    CRONTAB = "crontab"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A command that runs again and again on this machine.

    Attributes:
        name: What it is called; no two of a workspace share one.
        cron: When it runs.
        zone: Name of the time zone.
        module: The command, as Python runs it, such as `pipelines.monitor_pipeline`.
        words: What follows it.
        folder: The folder that it runs in, as a whole path.
        grace_minutes: How late a run may begin.
        started_by: Who starts it.
        made: When it was made, in UTC: nothing before it is due.
        paused: Whether nothing is run for now.

    Raises:
        ValueError: If one of them is impossible.
    """

    name: str
    cron: CronExpression
    zone: str
    module: str
    words: tuple[str, ...]
    folder: str
    grace_minutes: float
    started_by: StartedBy
    made: datetime.datetime
    paused: bool = False

    def __post_init__(self) -> None:
        require_name(self.name)
        if not 0 <= self.grace_minutes <= 7 * 24 * 60:
            raise ValueError(f"--grace-minutes: expected 0 to 10080 minutes (a week) but got {self.grace_minutes:g}")
        if self.made.utcoffset() is None:
            raise ValueError(f"Expected a time with its zone but got {self.made}")

    @property
    def grace(self) -> datetime.timedelta:
        """How late a run may begin: a minute at least."""
        return max(_SHORTEST_GRACE, datetime.timedelta(minutes=self.grace_minutes))

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone whose clock it follows."""
        return ZoneInfo(self.zone)

    def next_after(self, moment: datetime.datetime) -> datetime.datetime:
        """Returns when it is due after a moment, in its zone."""
        return next_occurrence(self.cron, self.time_zone, after=moment)

    def same_work(self, other: "Schedule") -> bool:
        """Returns whether both run the same command at the same times."""
        return all(
            getattr(self, name) == getattr(other, name) for name in ("cron", "zone", "module", "words", "folder")
        )

    def program(self) -> tuple[str, ...]:
        """Returns the words that start the command, with the Python that is running."""
        return (sys.executable, "-m", self.module, *self.words)

    def command_text(self) -> str:
        """Returns the command for a person, without credentials."""
        return hide_credentials(shlex.join(["python", "-m", self.module, *self.words]))

    def to_json(self) -> str:
        """Returns JSON text that `from_json` reads."""
        values: dict[str, Any] = {**asdict(self), "schema": _SCHEMA, "cron": str(self.cron)}
        values["made"] = self.made.astimezone(datetime.UTC).isoformat()
        return json.dumps(values, indent=2)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what `to_json` gave.

        Raises:
            ValueError: If it is something else.
        """
        try:
            values = json.loads(text)
            if values.pop("schema") != _SCHEMA:
                raise ValueError(f"Expected a schedule of schema {_SCHEMA}")
            values["cron"] = CronExpression.parse(values["cron"])
            values["zone"] = find_time_zone(values["zone"]).key
            values["words"] = tuple(values["words"])
            values["started_by"] = StartedBy(values["started_by"])
            values["made"] = datetime.datetime.fromisoformat(values["made"])
            return cls(**values)
        except (KeyError, TypeError, AttributeError, ConfigurationError) as error:
            raise ValueError(f"Expected a schedule but got {text[:80]!r}: {error}") from error


def require_name(name: str) -> None:
    """Does nothing where a schedule may be called so.

    Raises:
        ValueError: If it may not.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"--schedule-name: expected up to 52 small letters, digits and hyphens, such as monitor-lung, but got "
            f"{name[:80]!r}"
        )
