"""When two names mean the same class."""

import re
import unicodedata


def canonical_name(name: str) -> str:
    """Returns `name` without case, spaces, `-` and `_`: what spellings of one class have in common.

    Letters with accents are compared as Unicode says (version 16, D145): macOS hands out names of files in which an
    accent is a character of its own.
    """
    folded = unicodedata.normalize("NFD", re.sub(r"[\s_-]+", "", name)).casefold()
    return unicodedata.normalize("NFC", folded)


def composed_name(name: str) -> str:
    """Returns `name` as it is written, each letter with its accents as one character where there is one (NFC)."""
    return unicodedata.normalize("NFC", name)
