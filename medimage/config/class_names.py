"""When two names mean the same class."""

import re


def canonical_name(name: str) -> str:
    """Returns `name` without case, spaces, `-` and `_`: what spellings of one class have in common."""
    return re.sub(r"[\s_-]+", "", name).casefold()
