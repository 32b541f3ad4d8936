"""When a folder that many runs share was used last, kept as the folder's own time."""

import datetime
import os
from contextlib import suppress
from pathlib import Path


def mark_used(folder: Path) -> None:
    """Keeps that a folder is used now, where the system lets it: another user's is used without a trace."""
    with suppress(OSError):
        os.utime(folder)


def last_use(folder: Path) -> datetime.datetime:
    """Returns when a folder was made, filled or used last, in UTC.

    Raises:
        OSError: If it is not there.
    """
    return datetime.datetime.fromtimestamp(folder.lstat().st_mtime, tz=datetime.UTC)
