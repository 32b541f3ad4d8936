"""A stream that is read once from its beginning to its end, with a limit on what it may give."""

from typing import BinaryIO

from medimage.data.sources.member_names import RefusedMemberError

_LARGEST_READ = 2**20
"""Bytes asked for at once. A tar header may ask for gigabytes, to be held in memory, as the name of one file."""


class ForwardReader:
    """What `tarfile` needs of a file, over a decompressed stream that cannot go back.

    Args:
        stream: Gives the decompressed bytes.
        limit: Largest number of bytes that the stream may give.
    """

    def __init__(self, stream: BinaryIO, *, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._position = 0
        self.last_read = b""

    def read(self, size: int) -> bytes:
        """Reads up to `size` bytes; fewer only at the end of the stream.

        Raises:
            RefusedMemberError: If more is asked for at once, or read in all, than is allowed.
        """
        if not 0 <= size <= _LARGEST_READ:
            raise RefusedMemberError(f"has a header of {size:,} bytes, which no file's name needs")
        parts = []
        while size and (part := self._stream.read(size)):
            parts.append(part)
            size -= len(part)
        self.last_read = b"".join(parts)
        self._position += len(self.last_read)
        if self._position > self._limit:
            raise RefusedMemberError(too_much(self._limit))
        return self.last_read

    def tell(self) -> int:
        """Returns how many bytes were read or passed over."""
        return self._position

    def seek(self, position: int) -> int:
        """Passes over everything before `position`.

        Raises:
            RefusedMemberError: If `position` lies behind what was read, or beyond the limit.
        """
        if position < self._position:
            raise RefusedMemberError("points back to bytes that were read before")
        while self._position < position and self.read(min(_LARGEST_READ, position - self._position)):
            pass
        return self._position


def too_much(limit: int) -> str:
    """Returns the clause that tells that an archive holds more than it may."""
    return f"unpacks to more than {limit / 2**20:,.0f} MB, which is a decompression bomb or too much for one archive"
