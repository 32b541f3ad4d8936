"""What monitoring came to over time: one line for each run, in one file for each graph."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from medimage.monitoring.monitoring_outcome import MonitoringOutcome, MonitoringVerdict
from medimage.whole_lines import append_line, read_lines
from medimage.workspace import workspace

_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One run.

    Attributes:
        made: When, in UTC.
        first: Time of the window's first row; None without.
        last: Time of its last row; None without.
        images: Images of the window.
        verdict: What it came to.
        kind: Which kind of drift; None without.
        differences: The difference of each column, as a share of the smallest one that matters.
        class_shares: Share of the window's images by the class that was answered.
        accuracy: By feedback or labels; None without.
    """

    made: datetime
    first: datetime | None
    last: datetime | None
    images: int
    verdict: MonitoringVerdict
    kind: str | None
    differences: dict[str, float]
    class_shares: dict[str, float]
    accuracy: float | None

    @classmethod
    def of(cls, outcome: MonitoringOutcome) -> Self:
        """Returns what is kept of an outcome."""
        columns = {column.name: column for column in outcome.check.columns}
        label = columns["label"].window if "label" in columns else {}
        accuracy = None if outcome.feedback is None else outcome.feedback.rates[0].in_use
        return cls(
            made=outcome.made,
            first=outcome.first,
            last=outcome.last,
            images=outcome.check.images,
            verdict=outcome.verdict,
            kind=None if outcome.check.finding is None else outcome.check.finding.kind.value,
            differences={
                name: column.size / column.smallest_size for name, column in columns.items() if column.smallest_size > 0
            },
            class_shares=label if isinstance(label, dict) else {},
            accuracy=accuracy.value if accuracy is not None and accuracy.is_defined else None,
        )

    @property
    def time(self) -> datetime:
        """The time that it is about: the end of the window, or when it was made where that has none."""
        return self.last or self.made

    def to_json(self) -> str:
        """Returns one line of JSON, without the line's end."""
        values: dict[str, Any] = {**asdict(self), "schema": _SCHEMA, "verdict": self.verdict.value}
        for name in ("made", "first", "last"):
            time: datetime | None = values[name]
            values[name] = None if time is None else time.astimezone(UTC).isoformat()
        return json.dumps(values, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Reads what `to_json` gave.

        Raises:
            ValueError: If it is something else.
        """
        values = json.loads(line)
        try:
            if values.pop("schema") != _SCHEMA:
                raise ValueError(f"Expected a line of schema {_SCHEMA} but got {line[:80]}")
            for name in ("made", "first", "last"):
                values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
            return cls(**{**values, "verdict": MonitoringVerdict(values["verdict"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"Expected a line of the history but got {line[:80]!r}: {error!r}") from error


def history_file(sha256: str) -> Path:
    """Returns where the history of a graph lies."""
    return workspace() / "monitoring" / f"{sha256}.jsonl"


def append_history(file: Path, entry: HistoryEntry) -> None:
    """Appends a line, whole or not at all, also where another process does so as well.

    Raises:
        NoLocksError: If its file system has no locks.
        OSError: If the file cannot be written.
    """
    append_line(file, entry.to_json(), what="writes the history of monitoring")


def read_history(file: Path) -> tuple[HistoryEntry, ...]:
    """Returns all entries by the time that they are about; lines that are torn are left out.

    A window that was looked at again counts once, as it was looked at last.
    """
    entries: dict[tuple[datetime | None, datetime], HistoryEntry] = {}
    for line in read_lines(file):
        try:
            entry = HistoryEntry.from_json(line)
        except ValueError:
            continue
        entries[entry.first, entry.time] = entry
    return tuple(sorted(entries.values(), key=lambda entry: entry.time))


def leading_columns(entries: Sequence[HistoryEntry], *, most: int) -> tuple[str, ...]:
    """Returns the columns with the largest differences of all times."""
    largest: dict[str, float] = {}
    for entry in entries:
        for name, value in entry.differences.items():
            largest[name] = max(largest.get(name, 0.0), value)
    return tuple(sorted(largest, key=lambda name: -largest[name])[:most])
