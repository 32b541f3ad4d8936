"""Folders and files with all below them: how large, how old, and gone. Links are never followed."""

import datetime
import os
import shutil
from pathlib import Path

from medimage.errors import StorageError


def size_of(path: Path) -> int:
    """Returns how many bytes a file, or all files below a folder, hold; what cannot be read counts as nothing."""
    if path.is_symlink() or not path.is_dir():
        return _bytes(path)
    return sum(_bytes(Path(folder, name)) for folder, _, names in os.walk(path, followlinks=False) for name in names)


def last_change(path: Path) -> datetime.datetime:
    """Returns when a file, a folder, or anything below it was changed last, in UTC.

    Raises:
        OSError: If it is not there.
    """
    newest = path.lstat().st_mtime
    if path.is_dir() and not path.is_symlink():
        for folder, folders, names in os.walk(path, followlinks=False):
            for name in (*folders, *names):
                try:
                    newest = max(newest, Path(folder, name).lstat().st_mtime)
                except FileNotFoundError:
                    continue
    return moment(newest)


def moment(seconds: float) -> datetime.datetime:
    """Returns a time of the file system in UTC."""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)


def remove_tree(path: Path, *, below: Path) -> None:
    """Removes a file, or a folder with all below it; does nothing where it is gone.

    Args:
        path: What is to go.
        below: Folder that it must lie in.

    Raises:
        StorageError: If it lies elsewhere, also by a link, or the system does not let it go.
    """
    if not path.parent.resolve().is_relative_to(below.resolve()) or path.resolve() == below.resolve():
        raise StorageError(f"{path} is not removed: it does not lie in {below}, where a link may lead elsewhere.")
    if path.is_symlink():
        raise StorageError(f"{path} is not removed: it is a link, which medimage did not make. Remove it by hand.")
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(
            f"{error.filename or path} cannot be removed: {error.strerror}. Remove it as the user who owns it."
        ) from error


def _bytes(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
