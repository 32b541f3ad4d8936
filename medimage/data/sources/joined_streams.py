"""Decompression of bzip2 and xz to the end of the file: Python's own readers stop without a word where one ends."""

import bz2
import lzma
from collections.abc import Callable
from typing import BinaryIO

_CHUNK = 2**18


class JoinedStreams:
    """The decompressed bytes of one stream, or of several in one file as parallel compressors write them.

    Args:
        file: The compressed file, at its beginning.
        decompressor: Makes what decompresses one stream.
    """

    def __init__(self, file: BinaryIO, decompressor: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]) -> None:
        self._file = file
        self._new = decompressor
        self._current = decompressor()

    def read(self, size: int) -> bytes:
        """Reads up to `size` bytes; nothing at the end of the last stream. Zeros behind a stream are padding.

        Raises:
            EOFError: If the last stream is cut off.
            OSError: If what follows a stream is none, or a stream is damaged; of lzma, `LZMAError`.
        """
        compressed = b""
        while True:
            if self._current.eof:
                compressed = self._behind(self._current.unused_data)
                if not compressed:
                    return b""
                self._current = self._new()
            elif self._current.needs_input and not (compressed := self._file.read(_CHUNK)):
                raise EOFError("its compressed data end before the end of the stream")
            if data := self._current.decompress(compressed, size):
                return data
            compressed = b""

    def _behind(self, unused: bytes) -> bytes:
        """Returns the beginning of the next stream; nothing where there is none."""
        while not (rest := unused.lstrip(b"\0")):
            unused = self._file.read(_CHUNK)
            if not unused:
                return b""
        return rest
