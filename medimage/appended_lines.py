"""Files of lines that several processes append to."""

import os
from pathlib import Path

from medimage.file_lock import lock_in_turn


def append_line(file: Path, line: bytes, *, what: str) -> None:
    """Appends a line, whole or not at all, also where another process does so as well.

    Args:
        file: The file; it and its folder are made where they are not there.
        line: Without the line's end.
        what: What is being done, for the log.

    Raises:
        OSError: If the file cannot be written.
    """
    with lock_in_turn(file.with_suffix(".lock"), what=what), file.open("ab") as opened:
        begun = opened.tell()
        try:
            # A line that a killed process left without its end must not take this one with it.
            start = b"" if begun == 0 or _ends_whole(file) else b"\n"
            opened.write(start + line + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
        except OSError:
            opened.truncate(begun)
            raise


def _ends_whole(file: Path) -> bool:
    with file.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read(1) == b"\n"
