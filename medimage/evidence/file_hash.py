"""The SHA-256 of files, without following links and without waiting for pipes."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_CHUNK = 1 << 20


class NoRegularFileError(OSError):
    """What lies there is a link, a folder, a pipe or a device."""


def hash_file(path: Path) -> tuple[str, int]:
    """Returns SHA-256, in hexadecimal, and size in bytes of a file.

    Raises:
        NoRegularFileError: If it is a link or no regular file.
        OSError: If it cannot be read.
    """
    # Looked at first, because a link that is opened has been followed; opened so that a pipe without a writer does not
    # hold us up, should it have taken the file's place meanwhile.
    if not stat.S_ISREG(path.lstat().st_mode):
        raise NoRegularFileError(f"{path} is a link or no regular file")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - it is a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NoRegularFileError(f"{path} is no regular file any more")
        digest, size = hashlib.sha256(), 0
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def entries_below(folder: Path) -> Iterator[str]:
    """Yields the path in the folder, with forward slashes, of everything below it but folders; links are not followed.

    Raises:
        OSError: If a folder cannot be read.
    """
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from (f"{entry.name}/{name}" for name in entries_below(Path(entry.path)))
        else:
            yield entry.name
