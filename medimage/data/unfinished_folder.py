"""Folders of long work that a killed process leaves and the next one goes on with."""

import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from medimage.file_lock import lock_if_known_free
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
    with lock_if_known_free(_lock_of(folder)) as held:
        _sweep(version)
        if held:
            os.utime(_lock_of(folder))
            folder.mkdir(exist_ok=True)
            yield folder
            _remove(folder)
            return
    with TemporaryDirectory(dir=temporary_folders(), prefix=owner_prefix()) as own:
        yield Path(own)


def _sweep(version: str) -> None:
    for path in unfinished_folders().glob(f"*{_LOCK}"):
        folder = path.with_suffix("")
        try:
            age = time.time() - path.stat().st_mtime
        except FileNotFoundError:
            continue
        if folder.name.startswith(f"{version}.") and age < KEPT_SECONDS:
            continue
        with lock_if_known_free(path) as held:
            if held:
                logger.info("Removing the unfinished work %s", folder)
                _remove(folder)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{_LOCK}")


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        # By its lock, a later process finds it.
        logger.warning("Not all of %s could be removed; a later run tries again", folder)
        return
    _lock_of(folder).unlink(missing_ok=True)
