"""The databases of the workspace: whole, and of versions that the installed packages know."""

import sqlite3
from collections.abc import Container, Mapping
from contextlib import closing
from pathlib import Path

from medimage.backup.contents import SET_ASIDE
from medimage.backup.databases import schema_revision
from medimage.backup.restore_backup import set_aside_folders
from medimage.cleaning.trees import size_of
from medimage.doctor.finding import Finding, State, fine
from medimage.errors import StorageError

_MIB = 2**20


def check_database(database: Path, *, known: Container[str]) -> Finding:
    """Looks whether a database is whole, and its tables are of a version that is known here.

    Args:
        database: The file; it need not be there.
        known: Revisions of tables that the installed package can read or migrate from.
    """
    if not database.is_file():
        return fine(database.name, "none yet: the first run makes it")
    try:
        revision = schema_revision(database)
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except (StorageError, sqlite3.Error) as error:
        state, revision = str(error), None
    if state != "ok":
        return Finding(
            subject=database.name,
            state=State.PROBLEM,
            told=f"{database} is not whole: {state}",
            advice="Bring it back from a backup: medimage restore FILE --force (docs/how-to/upkeep.md).",
        )
    if revision is not None and revision not in known:
        return Finding(
            subject=database.name,
            state=State.PROBLEM,
            told=f"{database} has tables of version {revision}, which the installed packages do not know",
            advice="Install the version that wrote it, or a later one: `make setup` in its checkout.",
        )
    return fine(database.name, f"whole, {database.stat().st_size / _MIB:.1f} MiB, tables of version {revision}")


def check_databases(files: Mapping[Path, Container[str]]) -> tuple[Finding, ...]:
    """Looks at every database.

    Args:
        files: Revisions that are known here, by the file.
    """
    return tuple(check_database(file, known=known) for file, known in files.items())


def check_set_aside(home: Path) -> Finding | None:
    """Looks for workspaces that a restored backup took the place of; None where there are none."""
    folders = set_aside_folders(home)
    if not folders:
        return None
    size = sum(size_of(folder) for folder in folders)
    return Finding(
        subject="set aside",
        state=State.NOTE,
        told=f"{len(folders)} folders {SET_ASIDE}… in {home} take {size / _MIB:.0f} MiB",
        advice="Remove them by hand when nobody needs what was there before a restore.",
    )
