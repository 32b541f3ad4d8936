"""Why files do not become records: what is no image, what is left out on purpose, and what cannot be used.

The three matter differently. Nobody misses a hidden file; what a setting leaves out is told with its number; an image
that cannot be used counts against the share that the audit accepts, as one does that turns out so when it is decoded.
"""

import re
from enum import StrEnum

CANNOT_BE_USED = "cannot be used"
"""Begins the reason of every image that is wanted and cannot be used, before a colon and what is wrong with it."""

_NOT_READ = f"{CANNOT_BE_USED}: an image, but "

NOT_UNPACKED = "an archive, which is not unpacked"
"""Begins the reason of an archive among the files of a source."""

_PARTICULARS = re.compile(r": | \(")


class LeftOnPurpose(StrEnum):
    """What begins the reason of every image, or row of a table, that is skipped because of a setting."""

    LABEL = "left out by its label"
    NO_ROW = "no row in"
    NO_FILE = "in the table, but not there"
    FOLDER = "in none of the folders of data.table.images"
    LIMIT = "beyond the"


def cannot_be_used(words: str) -> str:
    """Returns the reason of an image that cannot be used."""
    return f"{CANNOT_BE_USED}: {words}"


def not_read(words: str) -> str:
    """Returns the reason of an image that is not even opened, because of its name or its format."""
    return f"{_NOT_READ}{words}"


def is_not_read(reason: str) -> bool:
    """Whether a reason is that of an image that is not even opened."""
    return reason.startswith(_NOT_READ)


def is_refused(reason: str) -> bool:
    """Whether a reason is that of an image that cannot be used."""
    return reason.startswith(f"{CANNOT_BE_USED}:")


def is_left_on_purpose(reason: str) -> bool:
    """Whether a reason is that of an image, or a row of a table, that a setting leaves out."""
    return reason.startswith(tuple(LeftOnPurpose))


def heading(reason: str) -> str:
    """Returns what a reason has in common with others of its kind: all before a colon or a parenthesis."""
    return _PARTICULARS.split(reason, maxsplit=1)[0]
