"""Text of the code as Markdown shows it: as it is."""

import re

_CODE = re.compile(r"(`[^`]*`)")
_MEANINGFUL = re.compile(r"([\\*_<>\[\]{}#|])")


def escaped(text: str) -> str:
    """Returns text with every sign escaped that Markdown would take for its own; code between backquotes stays code."""
    parts = _CODE.split(text)
    return "".join(part if place % 2 else _MEANINGFUL.sub(r"\\\1", part) for place, part in enumerate(parts))
