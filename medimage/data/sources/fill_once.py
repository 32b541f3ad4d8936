"""A folder that is filled once, by whichever process is first."""

import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from medimage.workspace import owner_prefix, remove_folders_of_dead_processes

logger = logging.getLogger(__name__)


def fill_once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Makes a folder with what `fill` puts into it: whole, or not at all.

    Args:
        folder: The folder, which is not there yet. Where it is by the time `fill` has ended, it is left as it is.
        fill: Writes into the empty folder that it is given.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = f".{folder.name}-unfinished."
    remove_folders_of_dead_processes(folder.parent, prefix=unfinished)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=owner_prefix(unfinished)))
    try:
        # `mkdtemp` lets nobody else in, but the finished folder is as open as any other.
        partial.chmod(folder.parent.stat().st_mode)
        fill(partial)
        try:
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            logger.info("Another process has finished %s meanwhile: its copy is used", folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
