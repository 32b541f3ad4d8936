"""Which files lie below a folder, and which of them are images by their names."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from medimage.errors import ConfigurationError, DataError

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".tif", ".tiff", ".webp"})
"""What is taken for an image by its name. Whether it is one, the audit finds out and says."""


def files_below(root: Path) -> Iterator[Path]:
    """Yields every file below a folder, sorted, folder by folder. None is passed over silently.

    Args:
        root: The folder; may be a link to one itself.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If a folder below it cannot be read or is a symbolic link.
    """
    if not root.is_dir():
        raise ConfigurationError(
            f"data.path must be a folder of class folders but {root.absolute()} is "
            f"{'a file' if root.exists() else 'not there'}."
        )
    for directory, folders, files in os.walk(root, onerror=_refuse_folder):
        folders.sort()
        for folder in folders:
            _refuse_link(Path(directory, folder))
        yield from (Path(directory, file) for file in sorted(files))


def why_no_image(path: Path) -> str | None:
    """Returns why a file is not an image by its name, or None where it is one."""
    if path.name.startswith("."):
        return "hidden file"
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return f"not an image by its name ({path.suffix or 'no suffix'})"
    return None


def unreadable(path: str | Path, error: OSError) -> DataError:
    """Returns the error that tells which file or folder cannot be read, and why."""
    return DataError(
        f"Expected to read {path} but the system says: {error.strerror}. Permit it, restore the target where it is a "
        "symbolic link, or take it away."
    )


def _refuse_link(folder: Path) -> None:
    try:
        is_link = folder.is_symlink()
    except OSError as error:
        raise unreadable(folder, error) from error
    if is_link:
        # A link may lead back above itself, or to images that are listed already.
        raise DataError(
            f"{folder} is a symbolic link to a folder, which is not followed: its images could be counted twice or "
            "without end. Put the folder itself there, or set data.path to a folder that has no such links."
        )


def _refuse_folder(error: OSError) -> NoReturn:
    raise unreadable(str(error.filename), error) from error
