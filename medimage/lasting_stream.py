"""A stream that may go away without ending what writes to it."""

from typing import IO, Any


class LastingStream:
    """Writes to a stream for as long as that is possible: a terminal may be closed, and a disk full, under a long run.

    Everything but writing is the stream's own.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._is_gone = False

    def write(self, text: str) -> int:
        """Writes a text, or loses it where the stream is gone; returns its length."""
        if not self._is_gone:
            try:
                self._stream.write(text)
            except (OSError, ValueError):  # ValueError: the stream was closed
                self._is_gone = True
        return len(text)

    def flush(self) -> None:
        """Flushes the stream where it is there still."""
        if not self._is_gone:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._is_gone = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
