"""Files that a model is to answer on."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from medimage.data.sources.file_names import written_name
from medimage.data.sources.files_below import names_below, why_left_alone
from medimage.data.sources.image_signatures import is_image_inside
from medimage.data.sources.skipped import CANNOT_BE_USED
from medimage.data.sources.suffixes import IMAGE_SUFFIXES, dicom_suffix
from medimage.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class ImageFile:
    """A file.

    Attributes:
        name: What it is called in the answers: as the user named it, or its path below the folder.
        path: Where it is.
        refusal: Why it is not even opened; empty where it is.
    """

    name: str
    path: Path
    refusal: str = ""


def named_files(paths: Sequence[Path]) -> tuple[ImageFile, ...]:
    """Returns the files that a user names, and the images below the folders among them.

    Raises:
        ConfigurationError: If one is not there, or a folder holds no image.
        DataError: If a folder cannot be read.
    """
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        raise ConfigurationError("\n".join(f"there is no file or folder {path.absolute()}" for path in missing))
    found: dict[Path, ImageFile] = {}
    for path in paths:
        if not path.is_dir():
            found.setdefault(path, ImageFile(name=str(path), path=path))
            continue
        below = images_below(path)
        if not below:
            raise ConfigurationError(f"there is no image below the folder {path.absolute()}")
        for file in below:
            found.setdefault(file.path, ImageFile(name=str(file.path), path=file.path))
    return tuple(found.values())


def images_below(root: Path) -> tuple[ImageFile, ...]:
    """Returns the images below a folder, whatever they are called, in a fixed order.

    A file counts as an image where its name says so, also a damaged one, or where it begins as an image does: most
    files of a DICOM tree have no suffix. Hidden files and those that a system puts beside a user's are left alone.

    Args:
        root: The folder; the names of its images are relative to it.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If a folder below it cannot be read or is a symbolic link.
    """
    found = []
    for name in names_below(root):
        reason = why_left_alone(name)
        if (reason is None or reason.startswith(CANNOT_BE_USED)) and _is_image(root, name):
            found.append(ImageFile(name=written_name(name), path=root / name, refusal=_sentence(reason)))
    return tuple(found)


def _is_image(root: Path, name: str) -> bool:
    by_name = PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES or dicom_suffix(name)
    # One that is a pipe, or too large, is told by who reads it.
    return bool(by_name) or is_image_inside(root / name)


def _sentence(reason: str | None) -> str:
    return "" if reason is None else f"The file {reason}."
