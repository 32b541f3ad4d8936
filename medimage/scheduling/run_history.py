"""What became of each time at which a schedule was due: a line for everything that happened."""

import datetime
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from medimage.whole_lines import append_line, read_lines

_SCHEMA = 1


class Event(StrEnum):
    """What happened."""

    STARTED = "started"
    ENDED = "ended"
    MISSED = "missed"
    OVERLAPPED = "overlapped"
    PAUSED = "paused"


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One thing that happened.

    Attributes:
        event: What.
        scheduled: When it was due; the last time of several.
        time: When it happened, in UTC.
        times: How many times it stands for, such as ten that were missed while a machine was off.
        exit_code: What a run ended with; below 0 where a signal ended it, as `subprocess` tells it. None for others.
    """

    event: Event
    scheduled: datetime.datetime
    time: datetime.datetime
    times: int = 1
    exit_code: int | None = None

    def __post_init__(self) -> None:
        if (self.event is Event.ENDED) != (self.exit_code is not None):
            raise ValueError(f"Expected an exit code of a run that ended, and of nothing else, but got {self}")

    def to_json(self) -> str:
        """Returns one line of JSON, without the line's end."""
        values: dict[str, Any] = {"schema": _SCHEMA, **asdict(self)}
        for name in ("scheduled", "time"):
            values[name] = values[name].isoformat(timespec="seconds")
        return json.dumps(values, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Reads what `to_json` gave.

        Raises:
            ValueError: If it is something else.
        """
        try:
            values = json.loads(line)
            if values.pop("schema") != _SCHEMA:
                raise ValueError(f"Expected a line of schema {_SCHEMA}")
            for name in ("scheduled", "time"):
                values[name] = datetime.datetime.fromisoformat(values[name])
            return cls(**{**values, "event": Event(values["event"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"Expected a line of the history but got {line[:80]!r}") from error


def append_history(file: Path, line: HistoryLine, *, is_wanted: Callable[[], bool] = lambda: True) -> None:
    """Appends a line, whole or not at all.

    Args:
        file: The history.
        line: What happened.
        is_wanted: Whether it is still to be kept; asked while nobody removes the history.

    Raises:
        NoLocksError: If its file system has no locks.
        OSError: If the file cannot be written.
    """
    append_line(file, line.to_json(), what="writes the history of a schedule", is_wanted=is_wanted)


def read_history(file: Path) -> tuple[HistoryLine, ...]:
    """Returns all lines as they were written; torn ones are left out."""
    lines = []
    for text in read_lines(file):
        try:
            lines.append(HistoryLine.from_json(text))
        except ValueError:
            continue
    return tuple(lines)


def last_dealt_with(lines: Iterable[HistoryLine]) -> datetime.datetime | None:
    """Returns the last time that was due and was run, skipped or told as missed; None where there is none."""
    return max((line.scheduled for line in lines), default=None)


def last_unended(lines: Iterable[HistoryLine]) -> HistoryLine | None:
    """Returns the start of the last run where no end of it is kept, else None."""
    runs = [line for line in lines if line.event in (Event.STARTED, Event.ENDED)]
    return runs[-1] if runs and runs[-1].event is Event.STARTED else None
