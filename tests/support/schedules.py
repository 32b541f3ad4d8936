"""Schedules to test with, a clock that is set by hand, and a command that only notes that it ran."""

import datetime
from collections.abc import Callable
from typing import Any

from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.cron_expression import CronExpression
from medimage.scheduling.keeper import Keeper
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import write_schedule

MADE = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


def make_schedule(*, cron: str = "0 3 * * *", **changed: Any) -> Schedule:
    """Returns a schedule of a monitoring pipeline, every night at three in Berlin."""
    values: dict[str, Any] = {
        "name": "monitor",
        "cron": CronExpression.parse(cron),
        "zone": "Europe/Berlin",
        "module": "pipelines.monitor_pipeline",
        "words": ("--log", "log"),
        "folder": "/",
        "grace_minutes": 60,
        "started_by": StartedBy.FOREGROUND,
        "made": MADE,
    }
    return Schedule(**{**values, **changed})


class NotedCommand:
    """A command that ends at once with the exit codes that it was given.

    Args:
        exit_codes: One for each run; 0 for further ones.
    """

    def __init__(self, *exit_codes: int) -> None:
        self._codes = list(exit_codes)
        self.runs = 0
        self.is_ending = False
        self.meanwhile: Callable[[], None] = lambda: None

    def run(self, lock: int) -> int:  # noqa: ARG002 - what a command is called with
        """Notes a run."""
        self.runs += 1
        self.meanwhile()
        return self._codes.pop(0) if self._codes else 0


class Kept:
    """A keeper with a clock that is set by hand, and what it said and told."""

    def __init__(self, schedule: Schedule, *exit_codes: int) -> None:
        write_schedule(schedule)
        self.now = schedule.made
        self.command = NotedCommand(*exit_codes)
        self.alerts: list[Alert] = []
        self.said: list[str] = []
        self.schedule = schedule
        self.keeper = self.anew()

    def anew(self) -> Keeper:
        """Returns the keeper of a process that was started again."""
        return Keeper(
            self.schedule,
            command=self.command,
            alert=self.alerts.append,
            say=self.said.append,
            clock=lambda: self.now,
        )

    def at(self, text: str) -> int | None:
        """Sets the clock, by its time in the schedule's zone, and lets the keeper look."""
        self.now = datetime.datetime.fromisoformat(text).replace(tzinfo=self.schedule.time_zone)
        return self.keeper.look()
