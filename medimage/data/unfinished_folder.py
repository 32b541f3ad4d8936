"""Folders of long work that a killed process leaves and the next one goes on with."""

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from medimage.workspace import owner_prefix, temporary_folders, workspace

logger = logging.getLogger(__name__)

KEPT_SECONDS = 7 * 24 * 3600
"""Unfinished work that nobody went on with for so long is removed."""

_LOCK = ".lock"


def unfinished_folders() -> Path:
    """Makes the folder that unfinished work lies in and returns it."""
    folder = workspace() / "unfinished"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def unfinished_folder(work: str, *, version: str) -> Iterator[Path]:
    """Lends the folder of a piece of work, with what an earlier process left in it.

    It is removed when the block ends, and kept when the block fails or the process is killed. Only one process at a
    time holds it: while one does, others get an empty folder of their own, which does not outlive them.

    Args:
        work: Names the work; the same name means that what is there can be gone on with.
        version: Names the code. Work of other versions, which nobody can go on with, is removed.
    """
    folder = unfinished_folders() / f"{version}.{work}"
    lock = _lock(folder)
    _sweep(version)
    if lock is None:
        with TemporaryDirectory(dir=temporary_folders(), prefix=owner_prefix()) as own:
            yield Path(own)
        return
    try:
        folder.mkdir(exist_ok=True)
        yield folder
        _remove(folder)
    finally:
        os.close(lock)


def _sweep(version: str) -> None:
    for path in unfinished_folders().glob(f"*{_LOCK}"):
        folder = path.with_suffix("")
        try:
            age = time.time() - path.stat().st_mtime
        except FileNotFoundError:
            continue
        if folder.name.startswith(f"{version}.") and age < KEPT_SECONDS:
            continue
        lock = _lock(folder)
        if lock is not None:
            logger.info("Removing the unfinished work %s", folder)
            _remove(folder)
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Returns the open, locked file that belongs to a folder, or None where somebody else holds it.

    The system lets go of the lock when its holder ends, however it ends.
    """
    path = folder.with_name(f"{folder.name}{_LOCK}")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    # An error means that somebody else holds it, or that the file system has no locks: then work is better not shared.
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between opening and locking, the holder before may have finished and removed the file: then the lock is one
        # on a file that nobody else would find.
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            os.utime(path)
            return descriptor
    os.close(descriptor)
    return None


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(f"{folder.name}{_LOCK}").unlink(missing_ok=True)
