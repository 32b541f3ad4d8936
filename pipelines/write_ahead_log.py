"""SQLite's write-ahead log for ZenML's database: thousands of small changes that need not wait for the disk."""

import atexit
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

logger = logging.getLogger(__name__)


def write_ahead(engine: Engine, *, on_local_disk: bool) -> None:
    """Lets the connections of an engine keep changes in a log beside the database, where it is on a local disk.

    ZenML ends a transaction for each value that it notes, several hundred in a run, and each would wait for the disk
    four times. In the log they survive a process that is killed at any moment, and cannot damage the database; if the
    machine loses power, the last of them may be lost, so that a run started again repeats its last step. The log needs
    memory shared by all who use the database, so it must be on a disk of one machine; elsewhere, a database that comes
    from such a disk gives its log up. The database stays as it is where somebody uses it at this moment.

    Args:
        engine: Of a SQLite database. Its connections are opened anew.
        on_local_disk: Whether the database is on a disk of this machine.
    """
    wanted = "WAL" if on_local_disk else "DELETE"

    @event.listens_for(engine, "connect")
    def _open_log(connection: sqlite3.Connection, _: Any) -> None:
        try:
            # The file remembers its mode, also when it is moved.
            (mode,) = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
        except sqlite3.OperationalError as error:
            logger.debug("ZenML's database keeps the journal that it has this time: %s", error)
            return
        if mode == "wal":
            # What a log is for; without one, less care could damage the database.
            connection.execute("PRAGMA synchronous = NORMAL")

    engine.dispose()
    # The last connection that is closed empties the log, so that a copy of the one file is whole.
    atexit.register(engine.dispose)


def empty_log(database: Path) -> None:
    """Writes what the log holds to the database and removes it, where nobody uses the database any more.

    A process that is stopped by a signal, as ZenML stops its dashboard, leaves its log behind.

    Args:
        database: The SQLite file; nothing is done where there is none.
    """
    if not database.is_file():
        return
    try:
        with closing(sqlite3.connect(database)) as connection:
            # The connection that is closed last removes the log of a database that it has looked at.
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error as error:
        logger.debug("The log of %s stays: %s", database, error)
