"""The part of a prediction log that is looked at, and what was left out of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from medimage.monitoring.observations import Observations
from medimage.wording import counted


@dataclass(frozen=True, kw_only=True)
class WindowChoice:
    """Which rows are wanted.

    Attributes:
        since: Rows at this time or later; all when not given.
        until: Rows before this time; all when not given.
        last_rows: The latest so many of those; all when not given.
    """

    since: datetime | None = None
    until: datetime | None = None
    last_rows: int | None = None

    def __post_init__(self) -> None:
        if any(time is not None and time.utcoffset() is None for time in (self.since, self.until)):
            raise ValueError(f"Expected times with their zones but got {self.since} and {self.until}")
        if self.since is not None and self.until is not None and not self.since < self.until:
            raise ValueError(f"Expected a beginning before the end but got {self.since} and {self.until}")
        if self.last_rows is not None and self.last_rows < 1:
            raise ValueError(f"Expected at least 1 row but got {self.last_rows}")

    @classmethod
    def last_days(cls, days: float, *, now: datetime) -> Self:
        """Returns the choice of the days before now."""
        return cls(since=now - timedelta(days=days))

    def takes(self, time: datetime) -> bool:
        """Whether a row of this time is wanted."""
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)


@dataclass(frozen=True, kw_only=True)
class LogNotes:
    """What was found in a log beside the rows that are looked at.

    Attributes:
        rows: Rows that can be read.
        outside: Rows of the model outside the times that are wanted, or before the last so many.
        other_models: Rows of other models or versions, by name, version and the beginning of the graph's SHA-256.
        repeated: Rows left out because a later row is of the very same file.
        other_classes: Rows left out because they are of other classes, though they state the same graph.
        backwards: How often a row of a file is of an earlier time than the row before it, by more than a second.
        largest_step_back_seconds: How far back at most.
    """

    rows: int = 0
    outside: int = 0
    other_models: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    other_classes: int = 0
    backwards: int = 0
    largest_step_back_seconds: float = 0.0

    def sentences(self) -> tuple[str, ...]:
        """Returns what a person should know of them."""
        told = []
        if self.other_models:
            others = ", ".join(f"{name} ({number})" for name, number in sorted(self.other_models.items()))
            told.append(
                f"{counted(sum(self.other_models.values()), 'row')} of other models or versions left out: {others}."
            )
        if self.repeated:
            told.append(f"{counted(self.repeated, 'row')} left out because the very same file was asked about again.")
        if self.other_classes:
            told.append(f"{counted(self.other_classes, 'row')} left out because they are of other classes.")
        if self.backwards:
            told.append(
                f"The clock went backwards {counted(self.backwards, 'time')}, by up to "
                f"{self.largest_step_back_seconds:.0f} s: the rows were sorted, and their times may be wrong."
            )
        return tuple(told)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {**asdict(self), "other_models": dict(self.other_models)}


@dataclass(frozen=True, kw_only=True, eq=False)
class LogWindow:
    """Rows of one model, by time.

    Attributes:
        observations: The rows.
        prediction_ids: What they are called, for feedback, in the same order.
        first: Time of the first one; None where there is none.
        last: Time of the last one.
        notes: What was left out.
    """

    observations: Observations
    prediction_ids: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    notes: LogNotes

    def __post_init__(self) -> None:
        if len(self.prediction_ids) != len(self.observations):
            raise ValueError(
                f"Expected a name of each of {len(self.observations)} rows but got {len(self.prediction_ids)}"
            )


def without_times(window: LogWindow) -> LogWindow:
    """Returns a window of images that were not answered at any time that matters."""
    return replace(window, first=None, last=None)


def time_of(seconds: float) -> datetime:
    """Returns a time from seconds since 1970."""
    return datetime.fromtimestamp(seconds, tz=UTC)
