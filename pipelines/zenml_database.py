"""ZenML's database in the workspace: made by one process at a time, and begun anew where one was killed while at it."""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from medimage.file_lock import lock_in_turn

logger = logging.getLogger(__name__)


def open_zenml() -> None:
    """Imports ZenML and connects to its database, which is made or migrated first where that is due.

    Of several commands that start at once, ZenML would have each make the same tables, and all but one would fail. If
    it is killed between making them and noting their version, it would refuse the database ever after.

    Raises:
        sqlite3.DatabaseError: If the file is no database.
    """
    folder = Path(os.environ["ZENML_CONFIG_PATH"])
    with lock_in_turn(folder / "set-up.lock", what="opens ZenML's database"):
        remove_unfinished_database(folder / "local_stores" / "default_zen_store" / "zenml.db")
        # Both read and write ZenML's settings, the first as it is imported.
        from zenml.config.global_config import GlobalConfiguration  # noqa: PLC0415

        from pipelines.stopped_dashboard import leave_stopped_dashboard  # noqa: PLC0415

        leave_stopped_dashboard()
        store = GlobalConfiguration().zen_store
        logger.debug("ZenML works with %s", store.url)


def remove_unfinished_database(database: Path) -> None:
    """Removes a database whose tables were made but not yet marked with their version; it holds no run.

    Args:
        database: ZenML's SQLite file; nothing is done where there is none.

    Raises:
        sqlite3.DatabaseError: If the file is no database.
    """
    if not database.is_file() or not _is_unfinished(database):
        return
    logger.warning("The making of ZenML's database was interrupted before: it is made anew")
    for ending in ("", "-journal", "-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def _is_unfinished(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return False
        return not (_has_rows(connection, tables, "alembic_version") or _has_rows(connection, tables, "pipeline_run"))


def _has_rows(connection: sqlite3.Connection, tables: set[str], table: str) -> bool:
    # The name is one of the two above, and SQL has no placeholders for names.
    return table in tables and connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608
