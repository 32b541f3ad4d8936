"""Which files lie below a folder, and which of them are images by their names."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from medimage.data.sources.file_names import written_name
from medimage.data.sources.file_reading import unreadable, why_no_file
from medimage.data.sources.image_signatures import is_image_inside
from medimage.data.sources.skipped import NOT_UNPACKED, cannot_be_used, not_read
from medimage.data.sources.suffixes import IMAGE_SUFFIXES, archive_suffix, dicom_suffix, unread_suffix
from medimage.errors import ConfigurationError, DataError

_SYSTEM_FOLDERS = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"})
"""What macOS, Synology and Windows put beside a user's files: copies, previews and what was deleted."""


_NO_IMAGE = "not an image by its name"


@dataclass(frozen=True)
class Listing:
    """The files below a folder, each of them either an image by its name or skipped for a reason.

    Attributes:
        files_found: How many files there are, counted one by one while listing.
        images: Names of those that are images by their names, sorted folder by folder.
        skipped: Names of the others as they can be written, with the reason.
    """

    files_found: int
    images: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]

    def names(self) -> Iterator[str]:
        """Yields the name of every file."""
        yield from self.images
        yield from (name for name, _ in self.skipped)


def list_images(root: Path, *, described: Mapping[str, str] | None = None, all_wanted: bool = True) -> Listing:
    """Lists every file below a folder.

    Args:
        root: The folder.
        described: Files that are read as something else than an image: name → as what.
        all_wanted: Whether every image is wanted, so that one whose name or format is not read cannot be used; a table
            says which ones are.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If a folder below it cannot be read or is a symbolic link.
    """
    files_found = 0
    images: list[str] = []
    skipped: list[tuple[str, str]] = []
    for name in names_below(root):
        files_found += 1
        reason = (described or {}).get(name) or why_no_image(name)
        if reason is None:
            reason = why_no_file(root / name)
        elif all_wanted and reason.startswith(_NO_IMAGE):
            reason = _why_not_read(root, name) or reason
        if reason is None:
            images.append(name)
        else:
            skipped.append((written_name(name), reason))
    return Listing(files_found, tuple(images), tuple(skipped))


def names_below(root: Path, *, told: Callable[[Path], str] = str) -> Iterator[str]:
    """Yields the name of every file below a folder, sorted, folder by folder. None is passed over silently.

    Names are relative to the folder and have forward slashes. Bytes that are no UTF-8 come as surrogates.

    Args:
        root: The folder; may be a link to one itself.
        told: Gives what a message calls a file or folder; its path when not given.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If a folder below it cannot be read or is a symbolic link.
    """
    if not root.is_dir():
        raise ConfigurationError(
            f"data.path must be a folder with the images but {root.absolute()} is "
            f"{'a file' if root.exists() else 'not there'}."
        )

    def refuse(error: OSError) -> NoReturn:
        # The system's own error has the path, and would stand in logs.
        raise unreadable(told(Path(error.filename)), error) from None

    for directory, folders, files in os.walk(root, onerror=refuse):
        folders.sort()
        for folder in folders:
            _refuse_link(Path(directory, folder), told)
        # Joined as text: a `Path` for each of a million files would take longer than listing them.
        below = Path(directory).relative_to(root).as_posix()
        prefix = "" if below == "." else f"{below}/"
        yield from (prefix + file for file in sorted(files))


def why_no_image(name: str) -> str | None:
    """Returns why a file is not an image by its name, or None where it is one.

    Args:
        name: Path relative to the folder of the source, with forward slashes.
    """
    suffix = PurePosixPath(name).suffix
    if _why_of_a_system(name) is None and archive_suffix(name):
        return f"{NOT_UNPACKED} ({archive_suffix(name)})"
    if _why_of_a_system(name) is None and suffix.lower() not in IMAGE_SUFFIXES:
        return f"{_NO_IMAGE} ({written_name(suffix) or 'no suffix'})"
    return why_left_alone(name)


def why_left_alone(name: str) -> str | None:
    """Returns why a file is not looked at, whatever it may hold, or None where it is; see `why_no_image`."""
    if (reason := _why_of_a_system(name)) is not None:
        return reason
    try:
        name.encode()
    except UnicodeEncodeError:
        return cannot_be_used("its name is not UTF-8, so that no report could name it: rename it")
    if name != written_name(name):
        return cannot_be_used(r"its name has an escape such as \xff, by which reports name other files: rename it")
    return None


def visible_folders(root: Path) -> list[Path]:
    """Returns the folders directly below one that are a user's own: neither hidden nor put there by a system."""
    # `scandir` knows which entries are folders without asking for the state of every image among them.
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if _is_folder(entry) and not _is_put_there_by_a_system(entry.name)]
    return [root / name for name in sorted(names)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself, for one. `os.walk` takes it for a file, too, and so it is listed and told.
        return False


def _why_not_read(root: Path, name: str) -> str | None:
    """Returns why an image is not read whose name does not say that it is one of those that are; None for no image."""
    if dicom_suffix(name):
        return not_read(f"of a format that another source reads ({unread_suffix(name)}: data.source or layout dicom)")
    if suffix := unread_suffix(name):
        return not_read(f"of a format that is not read ({suffix}): convert it to PNG")
    if is_image_inside(root / name):
        return not_read("only by its content, and not by its name: give it the suffix of its format")
    return None


def _why_of_a_system(name: str) -> str | None:
    *folders, file = name.split("/")
    if file.startswith("."):
        return "hidden file"
    for folder in folders:
        if _is_put_there_by_a_system(folder):
            return f"in the {'hidden' if folder.startswith('.') else 'system'} folder {written_name(folder)}"
    return None


def _is_put_there_by_a_system(folder: str) -> bool:
    return folder.startswith(".") or folder in _SYSTEM_FOLDERS


def _refuse_link(folder: Path, told: Callable[[Path], str]) -> None:
    try:
        is_link = folder.is_symlink()
    except OSError as error:
        raise unreadable(told(folder), error) from None
    if is_link:
        # A link may lead back above itself, or to images that are listed already.
        raise DataError(
            f"{written_name(told(folder))} is a symbolic link to a folder, which is not followed: its images could be "
            "counted twice or without end. Put the folder itself there, or set data.path to a folder that has no such "
            "links."
        )
