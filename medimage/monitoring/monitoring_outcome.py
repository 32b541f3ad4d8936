"""What monitoring a model over a window came to."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from medimage.markdown_table import markdown_table
from medimage.monitoring.column_drift import ColumnDrift
from medimage.monitoring.columns import EMBEDDING
from medimage.monitoring.drift_check import DriftCheck, DriftVerdict
from medimage.monitoring.feedback_performance import FeedbackPerformance
from medimage.monitoring.window import LogNotes
from medimage.wording import counted, listed, percent

_SMALLEST_CHANCE = 1e-12
"""Chances below it are told as below it: the tests are not that exact."""

_NUMBERS = ("reference", "window", "difference", "p-value")


class MonitoringVerdict(StrEnum):
    """What it came to as a whole."""

    AS_BEFORE = "as_before"
    CHANGED = "changed"
    NOT_ENOUGH = "not_enough_to_tell"


@dataclass(frozen=True, kw_only=True)
class MonitoringOutcome:
    """A window of a model.

    Attributes:
        model: Name and version, in words.
        sha256: SHA-256 of the graph.
        made: When it was looked at, in UTC.
        source: What was looked at: `log` or `images`.
        first: Time of the window's first row; None without rows, and for images.
        last: Time of its last row.
        notes: What was left out.
        check: The comparison with the reference.
        feedback: What people said of the answers, or a table of the true classes; None where the run was given neither.
    """

    model: str
    sha256: str
    made: datetime
    source: str
    first: datetime | None
    last: datetime | None
    notes: LogNotes
    check: DriftCheck
    feedback: FeedbackPerformance | None

    @property
    def verdict(self) -> MonitoringVerdict:
        """What it came to: changed images, changed answers, or answers that are right less often than before."""
        if self.check.verdict is DriftVerdict.DRIFT or (self.feedback is not None and self.feedback.fallen):
            return MonitoringVerdict.CHANGED
        if self.check.verdict is DriftVerdict.NOT_ENOUGH:
            return MonitoringVerdict.NOT_ENOUGH
        return MonitoringVerdict.AS_BEFORE

    def sentences(self) -> tuple[str, ...]:
        """Returns what a person should know, the verdict first."""
        told = [self.check.sentence]
        if self.feedback is not None:
            told.append(_feedback_sentence(self.feedback))
        return (*told, *self.notes.sentences())

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "model": self.model,
            "sha256": self.sha256,
            "made": self.made.astimezone(UTC).isoformat(),
            "source": self.source,
            "verdict": self.verdict.value,
            "sentences": list(self.sentences()),
            "window": {
                "images": self.check.images,
                "first": None if self.first is None else self.first.astimezone(UTC).isoformat(),
                "last": None if self.last is None else self.last.astimezone(UTC).isoformat(),
                **self.notes.to_dict(),
            },
            "drift": self.check.to_dict(),
            "feedback": None if self.feedback is None else self.feedback.to_dict(),
        }

    @property
    def title(self) -> str:
        """The model and the verdict."""
        return f"{self.model}: {self.verdict.value.replace('_', ' ')}"

    @property
    def period(self) -> str:
        """From when to when the answers are, in words; empty where they are of no time."""
        if self.first is None or self.last is None:
            return ""
        return f"Answers from {self.first:%Y-%m-%d %H:%M} to {self.last:%Y-%m-%d %H:%M} UTC."

    @property
    def how(self) -> str:
        """What counted as drift, in words."""
        return _how(self.check)

    def column_rows(self) -> list[tuple[str, ...]]:
        """Returns a row of words for each column: name, drifted, reference, window, difference, p-value."""
        return [
            _row(column) for column in sorted(self.check.columns, key=lambda each: (not each.is_drifted, -each.size))
        ]

    def rate_rows(self) -> list[tuple[str, ...]]:
        """Returns a row of words for each rate: name, fallen, on the reference, in use."""
        rates = () if self.feedback is None else self.feedback.rates
        return [
            (rate.name, "yes" if rate.has_fallen else "", _told(rate.at_reference), _told(rate.in_use))
            for rate in rates
        ]

    def to_markdown(self) -> str:
        """Returns a page: the verdict, then what it rests on."""
        lines = [f"# {self.title}", "", *_paragraphs(self.sentences())]
        if self.period:
            lines += [self.period, ""]
        if self.check.columns:
            header = ("column", "drifted", *_NUMBERS)
            lines += [
                "## Columns",
                "",
                *markdown_table(header, self.column_rows(), numbers=_NUMBERS),
                "",
                *_paragraphs((self.how,)),
            ]
        if self.feedback is not None and self.feedback.judged:
            table = markdown_table(("rate", "fallen", "reference", "in use"), self.rate_rows())
            lines += [f"## {self.feedback.source.capitalize()}", "", *table, ""]
        return "\n".join(lines)


def _paragraphs(sentences: tuple[str, ...]) -> list[str]:
    return [line for sentence in sentences for line in (sentence, "")]


def _row(column: ColumnDrift) -> tuple[str, ...]:
    return (
        column.name,
        "yes" if column.is_drifted else "",
        _value(column.reference),
        _value(column.window),
        f"{column.size:.3f}",
        _chance(column.p_value),
    )


def _value(value: float | dict[str, float] | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{name} {percent(share, decimals=0)}" for name, share in sorted(value.items()))
    # What rounding leaves of a mean of 0 is 0.
    return f"{round(value, 6) + 0.0:.4g}"


def _chance(p_value: float) -> str:
    return f"< {_SMALLEST_CHANCE:g}" if p_value < _SMALLEST_CHANCE else f"{p_value:.2g}"


def _told(estimate: Any) -> str:
    if estimate is None or not estimate.is_defined:
        return "unknown"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f}), n = {estimate.n}"


def _how(check: DriftCheck) -> str:
    settings = check.settings
    levels = {column.name: column.level for column in check.columns}
    together = levels.pop(EMBEDDING, None)
    told = (
        f"A column has drifted where its p-value is at most {min(levels.values(), default=settings.level):.2g}, which "
        f"is {settings.level if together is None else settings.level - together:g} divided by the number of columns, "
        f"and the difference is at least {settings.smallest_distance:g} between cumulative shares of numbers, or "
        f"{settings.smallest_share:g} between shares of names."
    )
    if together is None:
        return told
    return (
        f"{told} `embedding` compares all coordinates of the embeddings together, by which images are near to which, "
        f"and has drifted where its p-value is at most {together:g}. Evidently's page does not have it."
    )


def _feedback_sentence(feedback: FeedbackPerformance) -> str:
    if not feedback.judged:
        return f"No answer of the window has {feedback.source}."
    accuracy = feedback.rates[0].in_use
    told = (
        f"By {feedback.source} on {counted(feedback.judged, 'answer')}, "
        f"{percent(accuracy.value, decimals=0)} are right "
        f"({percent(accuracy.low, decimals=0)} to {percent(accuracy.high, decimals=0)})."
    )
    if feedback.fallen:
        told += f" Lower than on the reference: {listed([rate.name for rate in feedback.fallen])}."
    return told
