"""A ZenML database with one run, filled with copies of it."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_OWNED = (
    "pipeline_snapshot",
    "pipeline_run",
    "step_run",
    "step_configuration",
    "artifact_version",
    "run_metadata",
    "run_metadata_resource",
    "logs",
    "artifact_visualization",
    "step_run_parents",
    "step_run_input_artifact",
    "step_run_output_artifact",
)
"""Tables whose rows are a run's own; those of pipelines, stacks, users and names of artifacts are shared by runs."""

_AT_ONCE = 50


@dataclass(frozen=True)
class CopiedRun:
    """The rows of the only run of a database.

    Attributes:
        tables: Rows by table, each as value by column.
    """

    tables: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, database: Path) -> Self:
        """Reads them.

        Args:
            database: ZenML's SQLite file.
        """
        with closing(sqlite3.connect(database)) as connection:
            connection.row_factory = sqlite3.Row
            return cls({table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in _OWNED})

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(map(len, self.tables.values()))

    def add_to(self, database: Path, *, numbers: range) -> None:
        """Adds a copy for each number, with identifiers and cache keys of its own.

        Args:
            database: ZenML's SQLite file, which no process has open.
            numbers: Each may come once in a database.
        """
        own = {row["id"] for rows in self.tables.values() for row in rows if "id" in row}
        with closing(sqlite3.connect(database)) as connection:
            for start in range(numbers.start, numbers.stop, _AT_ONCE):
                some = range(start, min(start + _AT_ONCE, numbers.stop))
                for table, rows in self.tables.items():
                    if rows:
                        columns, places = ", ".join(f'"{name}"' for name in rows[0]), ", ".join("?" * len(rows[0]))
                        copies = (tuple(copy.values()) for number in some for copy in _copies(rows, own, number))
                        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", copies)
                connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copies(rows: list[dict[str, Any]], own: set[str], number: int) -> Iterator[dict[str, Any]]:
    for row in rows:
        copy = {name: _other(value, number) if value in own else value for name, value in row.items()}
        if copy.get("cache_key"):
            copy["cache_key"] = _other(copy["cache_key"], number)
        if "orchestrator_run_id" in copy:
            copy["name"] = f"{copy['name']}-{number}"
        if "version_number" in copy:
            copy["version"], copy["version_number"] = f"copy.{number}.{copy['version']}", None
        yield copy


def _other(identifier: str, number: int) -> str:
    return hashlib.sha256(f"{identifier}{number}".encode()).hexdigest()[:32]
