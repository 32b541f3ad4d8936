"""What of a workspace goes into a backup, and what does not because it can be made again."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medimage.backup.databases import BESIDE

MADE_AGAIN: Final = ("downloads", "fetched", "fitting", "inference", "temporary", "unfinished")
"""Folders of the workspace that hold copies of what lies elsewhere, or work that is not finished."""

SET_ASIDE: Final = "before-restore-"
"""Begins the name of a folder that holds what a restored backup took the place of."""

STAGING: Final = ".restoring-"
"""Begins the name of a folder that a backup is unpacked to."""

_LOCKED_TEST_SETS: Final = "locked_test_set"
_SERVER: Final = "zen_server"
"""Folder of the dashboard's server: its process, address and logs, which mean nothing elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What goes into a backup.

    Attributes:
        files: Regular files.
        left_out: What does not, with the reasons, for a person to read.
    """

    files: tuple[Path, ...]
    left_out: tuple[str, ...]


def find_contents(home: Path, *, stores: Path, artifacts: bool) -> Contents:
    """Finds the files of a workspace that are to be kept.

    Args:
        home: The workspace.
        stores: Folder of ZenML's local stores: the database, and a folder for each artifact store.
        artifacts: Whether artifact stores are kept whole. Else only locked test sets are: nothing makes them again.

    Raises:
        OSError: If a folder cannot be read.
    """
    files, left_out = [], []
    store_folders = _store_folders(stores)
    for path in _walk(home, home):
        in_store = any(path.is_relative_to(folder) for folder in store_folders)
        if path.is_symlink() or not path.is_file():
            left_out.append(f"{path.relative_to(home)}: it is a link, or no regular file")
        elif path.name.endswith(BESIDE) or _is_own_lock(path, home):
            continue
        elif artifacts or not in_store or _LOCKED_TEST_SETS in path.relative_to(home).parts:
            files.append(path)
    left_out += [f"{name}: can be made again" for name in MADE_AGAIN if (home / name).exists()]
    if store_folders and not artifacts:
        left_out.append("artifact store: without --artifacts, only locked test sets are taken; steps run anew")
    return Contents(files=tuple(files), left_out=tuple(left_out))


def _is_own_lock(path: Path, home: Path) -> bool:
    """Whether a file is one that processes here wait for each other at, and not a list of packages of a Bento."""
    return path.suffix == ".lock" and path.relative_to(home).parts[0] != "bentoml"


def _walk(folder: Path, home: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        # A run has removed it meanwhile.
        return
    for entry in entries:
        path = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            yield path
        elif not _is_left(path, home):
            yield from _walk(path, home)


def _is_left(folder: Path, home: Path) -> bool:
    if folder.parent == home and (folder.name in MADE_AGAIN or folder.name.startswith((SET_ASIDE, STAGING))):
        return True
    return folder.name == _SERVER


def _store_folders(stores: Path) -> tuple[Path, ...]:
    """Returns the folders of artifact stores; the one beside them holds the database."""
    if not stores.is_dir():
        return ()
    return tuple(path for path in stores.iterdir() if path.is_dir() and not (path / "zenml.db").exists())
