"""What was decided of a registered model over time: one line for each decision, in one file for each model."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from medimage.retraining.attempt import Attempt
from medimage.retraining.decision import RetrainingDecision
from medimage.retraining.outcome import RetrainingOutcome
from medimage.whole_lines import append_line, read_lines
from medimage.workspace import workspace

FAILED = "failed"
"""Result of a retraining that ended with an error."""

_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class RetrainingEntry:
    """One decision.

    Attributes:
        made: When it was written, in UTC.
        champion: Name and number of the version that was in use, in words.
        verdict: What was decided; empty where the run ended before that.
        reasons: Names of the reasons that held.
        sentence: Why, in words.
        result: How the retraining ended, or `failed`; empty where nothing was trained.
        outcome: Why it ended so, in words; empty where nothing was trained.
        version: Number of the version that came of it; None without.
        key: What the retraining is known by; empty where the run ended before that.
        unseen: Labelled images that it had and that the champion has not seen.
        run: ZenML's name of the run; empty where none was started.
    """

    made: datetime
    champion: str
    verdict: str
    reasons: tuple[str, ...]
    sentence: str
    result: str = ""
    outcome: str = ""
    version: int | None = None
    key: str = ""
    unseen: int = 0
    run: str = ""

    @classmethod
    def of(cls, decision: RetrainingDecision, outcome: RetrainingOutcome | None, *, made: datetime, run: str) -> Self:
        """Returns what is kept of a decision and its outcome."""
        return cls(
            made=made,
            champion=decision.champion,
            verdict=decision.verdict.value,
            reasons=tuple(reason.name.value for reason in decision.holding),
            sentence=decision.sentence,
            result="" if outcome is None else outcome.result.value,
            outcome="" if outcome is None else outcome.sentence,
            version=None if outcome is None else outcome.version,
            key=decision.key,
            unseen=decision.unseen,
            run=run,
        )

    @property
    def attempt(self) -> Attempt | None:
        """The retraining, where one came to its end."""
        if not self.result or self.result == FAILED or not self.key:
            return None
        made = self.made.astimezone(UTC).isoformat()
        return Attempt(key=self.key, unseen=self.unseen, made=made, sentence=self.outcome)

    def to_json(self) -> str:
        """Returns one line of JSON, without the line's end."""
        values = {**asdict(self), "schema": _SCHEMA, "made": self.made.astimezone(UTC).isoformat()}
        return json.dumps(values, allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Reads what `to_json` gave.

        Raises:
            ValueError: If it is something else.
        """
        values: dict[str, Any] = json.loads(line)
        try:
            if values.pop("schema") != _SCHEMA:
                raise ValueError(f"Expected a line of schema {_SCHEMA} but got {line[:80]}")
            return cls(
                **{**values, "made": datetime.fromisoformat(values["made"]), "reasons": tuple(values["reasons"])}
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"Expected a line of the history but got {line[:80]!r}: {error!r}") from error


def retraining_file(name: str, suffix: str) -> Path:
    """Returns where a file on the retraining of a registered model lies.

    Args:
        name: The registered model.
        suffix: With its dot.
    """
    readable = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)[:60]
    return workspace() / "retraining" / f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}{suffix}"


def history_file(name: str) -> Path:
    """Returns where the history of a registered model lies."""
    return retraining_file(name, ".jsonl")


def append_decision(file: Path, entry: RetrainingEntry) -> None:
    """Appends a line, whole or not at all, also where another process does so as well.

    Raises:
        NoLocksError: If its file system has no locks.
        OSError: If the file cannot be written.
    """
    append_line(file, entry.to_json(), what="writes the history of retraining")


def read_decisions(file: Path) -> tuple[RetrainingEntry, ...]:
    """Returns all entries as they were written; lines that are torn are left out."""
    entries = []
    for line in read_lines(file):
        try:
            entries.append(RetrainingEntry.from_json(line))
        except ValueError:
            continue
    return tuple(entries)
