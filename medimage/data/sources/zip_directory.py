"""What a zip archive says of itself at its end: Python reads its directory without counting, from wherever it begins.

The records are those of PKWARE's APPNOTE 6.3.10, 4.3.14 to 4.3.16.
"""

import os
import struct
from typing import BinaryIO

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_LARGE_END = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 2**16 - 1


def counts_members(file: BinaryIO, found: int) -> bool:
    """Returns whether a zip archive has as many members as it says at its end.

    Args:
        file: The archive, at any position.
        found: Number of members found in its directory.
    """
    end, tail = _end(file)
    if len(tail) < _END.size:
        return False
    promised = _END.unpack_from(tail)[4]
    large = _large_count(file, end)
    # Some tools let the small counter run over where there are more members than it can count.
    return found == large if large is not None else found % 2**16 == promised


def behind_the_end(file: BinaryIO) -> bytes:
    """Returns what follows a zip archive, with its comment, in its file; nothing as a rule.

    Args:
        file: The archive, at any position.
    """
    _, tail = _end(file)
    return tail[_END.size + _END.unpack_from(tail)[7] :] if len(tail) >= _END.size else b""


def _end(file: BinaryIO) -> tuple[int, bytes]:
    """Returns the position of the record that ends the directory, as Python finds it, and all from there on."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read()
    at = len(tail) - _END.size
    if not (tail.startswith(b"PK\x05\x06", at) and tail.endswith(b"\x00\x00")):
        at = tail.rfind(b"PK\x05\x06", 0, at + 4)
    return (start + at, tail[at:]) if at >= 0 else (size, b"")


def _large_count(file: BinaryIO, end: int) -> int | None:
    """Returns the count of the record for large archives, or None where there is no such record."""
    if end < _LOCATOR.size:
        return None
    file.seek(end - _LOCATOR.size)
    signature, _, at, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if signature != b"PK\x06\x07":
        return None
    file.seek(min(at, end - _LOCATOR.size))
    record = file.read(_LARGE_END.size)
    if len(record) < _LARGE_END.size or not record.startswith(b"PK\x06\x06"):
        return -1
    return _LARGE_END.unpack(record)[7]
