"""A file that several processes of a run append whole lines to."""

import logging
import os
import sys
from pathlib import Path


class LogFileHandler(logging.Handler):
    """Appends each record as one line, written at once, so that those of other processes never stand within it.

    A disk that is full does not end the run: that lines are lost is told once.

    Args:
        file: The file; it and its folder are made where they are not there.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._is_lost = False
        self._begin = b""
        file.parent.mkdir(parents=True, exist_ok=True)
        # POSIX: with O_APPEND, no other write comes between finding the end of the file and writing there.
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record."""
        try:
            line = self._begin + self.format(record).encode("utf-8", errors="backslashreplace") + b"\n"
            # A disk that is nearly full takes a part of a line: the next one must not go on in it.
            self._begin = b"" if os.write(self._descriptor, line) == len(line) else b"\n"
        except Exception as error:
            if not self._is_lost:
                self._is_lost = True
                sys.stderr.write(f"The log {self._file} lacks lines from here on: {error}\n")

    def close(self) -> None:
        """Closes the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        super().close()
