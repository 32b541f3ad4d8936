"""Files that grow by whole lines, also where several processes write and some are killed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from medimage.file_lock import lock_in_turn


def append_line(file: Path, line: str, *, what: str, is_wanted: Callable[[], bool] = lambda: True) -> None:
    """Appends a line, whole or not at all, also where another process does so as well.

    Args:
        file: The file; made with its folder where it is not there.
        line: ASCII text without its end.
        what: What is being done, for the log of those who wait, such as `writes a history`.
        is_wanted: Whether the line is still to be written; asked while nobody else writes or removes the file.

    Raises:
        NoLocksError: If its file system has no locks.
        OSError: If the file cannot be written.
    """
    with lock_in_turn(_lock_of(file), what=what):
        if not is_wanted():
            return
        _append(file, line)


def remove_lines(file: Path, *, what: str) -> None:
    """Removes a file of lines, if it is there, after whoever writes one now.

    Args:
        file: The file. Its folder must be there.
        what: As in `append_line`.

    Raises:
        NoLocksError: If its file system has no locks.
        OSError: If the file cannot be removed.
    """
    with lock_in_turn(_lock_of(file), what=what):
        file.unlink(missing_ok=True)


def _append(file: Path, line: str) -> None:
    with file.open("ab", buffering=0) as opened:
        begun = opened.tell()
        try:
            # A line that a killed process left without its end must not take this one with it.
            start = b"" if begun == 0 or _ends_whole(file) else b"\n"
            rest = start + line.encode("ascii") + b"\n"
            # A disk that is nearly full takes a part, and tells that there is no room when it is asked again.
            while rest:
                rest = rest[opened.write(rest) :]
            os.fsync(opened.fileno())
        except OSError:
            opened.truncate(begun)
            raise


def read_lines(file: Path) -> Iterator[str]:
    """Yields the lines of a file that are ASCII text; none where there is no file."""
    if not file.is_file():
        return
    for line in file.read_bytes().splitlines():
        try:
            yield line.decode("ascii")
        except UnicodeDecodeError:
            continue


def _lock_of(file: Path) -> Path:
    return file.with_suffix(".lock")


def _ends_whole(file: Path) -> bool:
    with file.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read(1) == b"\n"
