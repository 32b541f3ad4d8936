"""SQLite databases, copied whole while others write to them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from medimage.errors import StorageError

_MAGIC: Final = b"SQLite format 3\x00"
"""How a database file begins (SQLite, "Database File Format", 1.3)."""

_SECONDS: Final = 60.0
"""How long a database may be locked by a writer; those of ZenML and MLflow write for milliseconds."""

BESIDE: Final = ("-wal", "-shm", "-journal")
"""Endings of the files beside a database, whose content the copy has already."""


def is_database(path: Path) -> bool:
    """Returns whether a file is an SQLite database; one that is gone meanwhile is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except FileNotFoundError:
        return False


def copy_database(source: Path, target: Path) -> None:
    """Copies a database as it is at one moment, by SQLite's own online backup (sqlite.org/backup.html).

    Args:
        source: The database; others may use it meanwhile.
        target: File that is made; it needs no other file beside it.

    Raises:
        StorageError: If the database is damaged, or stays locked.
        sqlite3.Error: If the copy cannot be written.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=_SECONDS)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            reading.execute(f"PRAGMA busy_timeout = {_SECONDS * 1000:.0f}")
            # All pages in one go: in several, each change in between would begin the copy anew.
            reading.backup(writing, pages=-1)
            # The copy remembers a write-ahead log, which it must not need.
            writing.execute("PRAGMA journal_mode = DELETE")
            (state,) = writing.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error) and "busy" not in str(error):
            raise
        raise StorageError(f"{source} is locked for more than {_SECONDS:.0f} s: end what writes to it.") from error
    except sqlite3.DatabaseError as error:
        if "malformed" not in str(error) and "not a database" not in str(error):
            raise
        raise _damaged(source, str(error)) from error
    if state != "ok":
        raise _damaged(source, state)


def schema_revision(database: Path) -> str | None:
    """Returns the revision of a database's tables, as Alembic notes it; None where there is none.

    Raises:
        StorageError: If the file is no database, or a damaged one.
    """
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise _damaged(database, str(error)) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(database, str(error)) from error
    return None if found is None else str(found[0])


def _damaged(database: Path, reason: str) -> StorageError:
    return StorageError(
        f"The database {database} is damaged ({reason}). Bring it back from an earlier backup with medimage restore."
    )
