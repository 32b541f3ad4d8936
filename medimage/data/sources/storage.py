"""Writing to a disk that may be full, with errors that say where and what to do."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from medimage.errors import StorageError

Result = TypeVar("Result")

_ADVICE = "or choose another disk for the workspace with MEDIMAGE_HOME=FOLDER."


def on_disk(folder: Path, action: Callable[[], Result]) -> Result:
    """Returns what `action` returns, which changes something in `folder`.

    Raises:
        StorageError: If the system does not let it.
    """
    try:
        return action()
    except OSError as error:
        raise StorageError(
            f"Expected to write to {folder} but the system says: {error.strerror}. Make it writable, free some space, "
            f"{_ADVICE}"
        ) from error


@contextmanager
def new_file(path: Path) -> Iterator[io.FileIO]:
    """Opens a file that is not there yet, without a buffer, and closes it: some disks refuse only then.

    Raises:
        StorageError: If the system does not let it.
    """
    file = on_disk(path.parent, lambda: path.open("xb", buffering=0))
    try:
        yield file
    finally:
        on_disk(path.parent, file.close)


def write_all(path: Path, file: io.FileIO, content: bytes) -> None:
    """Writes to a file without a buffer: what a full disk has refused must not be tried again when the file is closed.

    Raises:
        StorageError: If the system does not let it.
    """
    left = memoryview(content)
    while left:
        left = left[on_disk(path.parent, lambda rest=left: file.write(rest)) :]


def require_space(folder: Path, needed: int, *, purpose: str) -> None:
    """Makes sure that a disk has room before anything is begun.

    Args:
        folder: A folder on the disk.
        needed: Bytes.
        purpose: What for, for people to read, such as `to unpack`.

    Raises:
        StorageError: If it has less, or does not say.
    """
    free = on_disk(folder, lambda: shutil.disk_usage(folder)).free
    if free < needed:
        raise StorageError(
            f"Expected {needed / 2**20:,.0f} MB free {purpose} in {folder} but only {free / 2**20:,.0f} MB are. Free "
            f"some, {_ADVICE}"
        )
