"""Names of files as they can be written and compared."""

import re
import unicodedata

_LIKE_AN_ESCAPE = re.compile(r"\\x[89a-f][0-9a-f]|[\udc80-\udcff]")
"""Bytes that are no UTF-8, and what they are written as."""


def comparable_name(name: str) -> str:
    """Returns what a file's name on disk and in a table have in common.

    Windows writes backslashes between folders; macOS takes accents apart where a spreadsheet keeps them together.
    """
    return unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./"))


def written_name(name: str) -> str:
    r"""Returns a file's name with escapes for bytes that are no UTF-8, so that it can be written to any file.

    Different names are written differently: where a name has such a byte, or what one is written as (`\xff`), its
    backslashes are doubled. All other names stay as they are.
    """
    if _LIKE_AN_ESCAPE.search(name) is None:
        return name
    return name.replace("\\", "\\\\").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
