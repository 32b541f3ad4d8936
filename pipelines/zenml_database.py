"""ZenML's database in the workspace: made by one process at a time, and begun anew where one was killed while at it."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import yaml

from medimage.errors import NoLocksError, StorageError
from medimage.file_lock import lock_in_turn
from medimage.local_disk import is_on_local_disk
from medimage.workspace import WORKSPACE_VARIABLE

logger = logging.getLogger(__name__)

_BELOW_STORES = ("default_zen_store", "zenml.db")
"""Where ZenML's database lies below its local stores."""

_MADE_LAST = {
    "alembic_version": "SELECT 1 FROM alembic_version",
    "stack": "SELECT 1 FROM stack",
    "user": "SELECT 1 FROM user",
    "server_settings": "SELECT 1 FROM server_settings WHERE active",
}
"""What every finished database has a row of, by table: ZenML makes these after all tables, in this order."""


def open_zenml() -> None:
    """Connects ZenML to its database, which is made or migrated first where that is due.

    Of several commands that start at once, ZenML would have each make the same tables, and all but one would fail. If
    it is killed before it is done with them, it would refuse the database, or lack parts of it, ever after.

    Raises:
        sqlite3.DatabaseError: If the file is no database.
        StorageError: If the workspace was made at another place.
    """
    if os.environ.get("ZENML_STORE_URL"):
        # The user works with a database or server of their own.
        _connect()
        return
    folder, database = settings_folder(), workspace_database()
    with _alone(folder):
        set_unfinished_database_aside(database)
        _require_same_place(folder / "config.yaml", database)
        _connect()
        _write_ahead()


def is_zenml_set_up() -> bool:
    """Whether there is a ZenML to speak of: a database in the workspace, or another one that the user names."""
    named = bool(os.environ.get("ZENML_STORE_URL"))
    return named or workspace_database().is_file() or (settings_folder() / "config.yaml").is_file()


def workspace_database() -> Path:
    """Returns the SQLite file of ZenML in the workspace."""
    stores = os.environ.get("ZENML_LOCAL_STORES_PATH") or settings_folder() / "local_stores"
    return Path(stores).joinpath(*_BELOW_STORES)


def settings_folder() -> Path:
    """Returns the folder of ZenML's settings."""
    return Path(os.environ["ZENML_CONFIG_PATH"])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_in_turn(folder / "set-up.lock", what="opens ZenML's database"))
        except (NoLocksError, OSError) as error:
            logger.warning("Start no two commands at once in a workspace that is new: %s", error)
        yield


def _connect() -> None:
    # ZenML takes seconds to import, which a wrong command must not wait for.
    from zenml.config.global_config import GlobalConfiguration  # noqa: PLC0415

    from pipelines.stacks.active import follow_tracking  # noqa: PLC0415
    from pipelines.stopped_dashboard import leave_stopped_dashboard  # noqa: PLC0415

    leave_stopped_dashboard()
    store = GlobalConfiguration().zen_store
    logger.debug("ZenML works with %s", store.url)
    follow_tracking()


def _require_same_place(settings: Path, database: Path) -> None:
    """Stops where ZenML's settings name the database of another workspace, as those of a copy or a moved one do."""
    if not settings.is_file():
        return
    url = ((yaml.safe_load(settings.read_text(encoding="utf-8")) or {}).get("store") or {}).get("url") or ""
    named = Path(url.removeprefix("sqlite:///"))
    is_local = url.startswith("sqlite:///") and named.parts[-len(_BELOW_STORES) :] == _BELOW_STORES
    if not is_local or named.resolve() == database.resolve():
        return
    before, now = (file.parents[len(_BELOW_STORES)] for file in (named, database))
    raise StorageError(
        f"Expected ZenML's files at {before}, where they were made, but they are at {now}. ZenML finds artifacts and "
        "locked test sets by whole paths: move the workspace back, make its old path a symbolic link to where it is "
        f"now, or begin an empty one with {WORKSPACE_VARIABLE}=FOLDER, in which no test set is locked."
    )


def _write_ahead() -> None:
    from zenml.config.global_config import GlobalConfiguration  # noqa: PLC0415
    from zenml.zen_stores.sql_zen_store import SqlZenStore  # noqa: PLC0415

    from pipelines.write_ahead_log import write_ahead  # noqa: PLC0415

    store = GlobalConfiguration().zen_store
    # While the dashboard runs, ZenML asks it instead of the database.
    if isinstance(store, SqlZenStore) and store.engine.dialect.name == "sqlite":
        write_ahead(store.engine, on_local_disk=is_on_local_disk(Path(store.engine.url.database or "")))


def set_unfinished_database_aside(database: Path) -> None:
    """Renames a database that has tables but not all of what ZenML begins with, and no run.

    Args:
        database: ZenML's SQLite file; nothing is done where there is none.

    Raises:
        sqlite3.DatabaseError: If the file is no database.
    """
    if not database.is_file() or not _is_unfinished(database):
        return
    aside = database.with_name(f"{database.name}.unfinished")
    logger.warning("The making of ZenML's database was interrupted before: it is made anew, and kept as %s", aside)
    database.replace(aside)
    for ending in ("-journal", "-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def _is_unfinished(database: Path) -> bool:
    try:
        with closing(sqlite3.connect(database)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables or _has_rows(connection, tables, "pipeline_run", "SELECT 1 FROM pipeline_run"):
                return False
            return not all(_has_rows(connection, tables, table, query) for table, query in _MADE_LAST.items())
    except sqlite3.OperationalError as error:
        # One that is busy, or made by another version: ZenML tells what is wrong with it, if anything.
        logger.debug("%s cannot be looked at: %s", database, error)
        return False


def _has_rows(connection: sqlite3.Connection, tables: set[str], table: str, query: str) -> bool:
    return table in tables and connection.execute(f"{query} LIMIT 1").fetchone() is not None
