"""What a person is told of a scheduled run."""

import datetime
import platform
from dataclasses import dataclass
from typing import Any

from medimage.scheduling.alerts.severity import Severity

_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One thing that happened and that somebody may have to look at. It holds no credentials.

    Attributes:
        severity: How much it matters.
        schedule: Name of the schedule.
        title: What happened, in one line.
        command: The command, for a person.
        scheduled: When the run was due, in the schedule's zone.
        time: When it happened.
        exit_code: What the run ended with; None where it did not run.
        advice: What to do.
    """

    severity: Severity
    schedule: str
    title: str
    command: str
    scheduled: datetime.datetime
    time: datetime.datetime
    exit_code: int | None
    advice: str

    def __post_init__(self) -> None:
        if "\n" in self.title or "\r" in self.title:
            raise ValueError(f"Expected a title of one line but got {self.title!r}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values: what a webhook is sent."""
        return {
            "schema": _SCHEMA,
            "severity": self.severity.value,
            "schedule": self.schedule,
            "title": self.title,
            "command": self.command,
            "scheduled": self.scheduled.isoformat(timespec="seconds"),
            "time": self.time.isoformat(timespec="seconds"),
            "exit_code": self.exit_code,
            "machine": platform.node(),
            "advice": self.advice,
        }

    def to_text(self) -> str:
        """Returns lines for a person."""
        ended = "" if self.exit_code is None else f"Exit code: {self.exit_code}\n"
        return (
            f"{self.title}\n\nSchedule: {self.schedule} on {platform.node()}\nCommand: {self.command}\n"
            f"Due: {self.scheduled.isoformat(sep=' ', timespec='minutes')} ({self.scheduled.tzname()})\n"
            f"Told: {self.time.isoformat(sep=' ', timespec='seconds')}\n{ended}\n{self.advice}\n"
        )
