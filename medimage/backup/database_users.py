"""Which processes of this machine have a file open."""

from collections.abc import Collection
from pathlib import Path

import psutil


def processes_with_open(files: Collection[Path]) -> tuple[str, ...]:
    """Returns the processes that have one of the files open, each as its number and name.

    Those of other users are not seen, unless this is the administrator, and those of other machines never.

    Args:
        files: The files.
    """
    wanted = {str(file.resolve()) for file in files if file.exists()}
    found = []
    for process in psutil.process_iter(["pid", "name"]):
        try:
            opened = {each.path for each in process.open_files()} if wanted else set()
        except (psutil.Error, OSError):
            # It has ended meanwhile, or is another user's.
            continue
        if opened & wanted:
            found.append(f"{process.pid} ({process.info['name']})")
    return tuple(found)
