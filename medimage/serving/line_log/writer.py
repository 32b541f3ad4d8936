"""Appends lines to a log, and goes on without it where that is not possible."""

import errno
import logging
import os
import secrets
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from medimage.serving.line_log.log_kind import LogKind
from medimage.serving.refusal import ServiceNotStartedError

FILE_SUFFIX = ".jsonl"
"""How files of a log end: `predictions-20261121T213000.123456-4711-1f2e.jsonl`, named by time and process."""

RETRY_SECONDS = 5.0
"""How long after a failure the next attempt is made: a full disk would otherwise be asked for every row."""

logger = logging.getLogger(__name__)


class LineLogWriter:
    """Writes rows to files that no other process writes to, each row with one call to the system.

    A row that was written is in the hands of the system, so that it outlives the process however it ends, though not a
    machine that loses its power. A row of which only a part could be written is ended by the next one; the reader skips
    it. A file that somebody removes or renames is followed by another. Several threads may write.

    Args:
        kind: Which log it is.
        folder: Where the files are; made where it is not there.
        file_bytes: Size after which a file is followed by another.

    Raises:
        ServiceNotStartedError: If the folder cannot be made or written to.
    """

    def __init__(self, kind: LogKind, folder: Path, *, file_bytes: int) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServiceNotStartedError(
                f"The folder for the {kind.name}, {folder}, cannot be made: {error.strerror}. Set {kind.variable} to "
                "another one, or to nothing to go without a log."
            ) from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ServiceNotStartedError(
                f"The folder for the {kind.name}, {folder}, cannot be written to. Make it writable, set "
                f"{kind.variable} to another one, or to nothing to go without a log."
            )
        self._kind = kind
        self._folder = folder
        self._file_bytes = file_bytes
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._file: Path | None = None
        self._written = 0
        self._day = ""
        self._is_torn = False
        self._failed_at: float | None = None
        self.lost = 0

    @property
    def is_writing(self) -> bool:
        """Whether the last row could be written."""
        return self._failed_at is None

    @property
    def state(self) -> Literal["writing", "failing"]:
        """The same as a word."""
        return "writing" if self.is_writing else "failing"

    def append_line(self, text: str) -> bool:
        """Writes a line of ASCII; returns whether it is in the log. Never raises for what the system refuses."""
        line = text.encode("ascii") + b"\n"
        with self._lock:
            if self._failed_at is not None and time.monotonic() - self._failed_at < RETRY_SECONDS:
                self.lost += 1
                return False
            try:
                self._write(line)
            except OSError as error:
                self._fail(error)
                return False
            if self._failed_at is not None:
                logger.warning(
                    "The %s is written again; %d %s are missing from it.", self._kind.name, self.lost, self._kind.rows
                )
            self._failed_at = None
            return True

    def close(self) -> None:
        """Closes the file; a row after that begins another."""
        with self._lock:
            self._close()

    def _write(self, line: bytes) -> None:
        day = datetime.now(UTC).strftime("%Y%m%d")
        # A file that was removed would go on taking rows that nobody can read.
        is_gone = self._file is None or not self._file.exists()
        if self._descriptor is not None and (self._written >= self._file_bytes or day != self._day or is_gone):
            self._close()
        if self._descriptor is None:
            now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
            name = f"{self._kind.file_prefix}{now}-{os.getpid()}-{secrets.token_hex(2)}{FILE_SUFFIX}"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            # Rows tell of patients' images: nobody but the service's account and its group reads them.
            self._file = self._folder / name
            self._descriptor = os.open(self._file, flags, 0o640)
            self._written, self._day, self._is_torn = 0, day, False
        content = b"\n" + line if self._is_torn else line
        written = os.write(self._descriptor, content)
        self._written += written
        if written < len(content):
            self._is_torn = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._is_torn = False

    def _fail(self, error: OSError) -> None:
        if self._failed_at is None:
            logger.error(
                "The %s below %s cannot be written: %s. %s The next attempt is made in %g s.",
                self._kind.name,
                self._folder,
                error.strerror,
                self._kind.without,
                RETRY_SECONDS,
            )
        self._failed_at = time.monotonic()
        self.lost += 1

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None
