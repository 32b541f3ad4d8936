"""In which order the values of metadata are told."""

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")


def in_order(levels: Iterable[str]) -> list[str]:
    """Returns names sorted as people count: `5 to below 18` before `18 to below 40`, `site 2` before `site 10`."""
    return sorted(levels, key=_key)


def _key(level: str) -> tuple[list[tuple[int, float, str]], str]:
    parts = [part for part in _NUMBER.split(level.casefold()) if part]
    return [(0, float(part), "") if _NUMBER.fullmatch(part) else (1, 0.0, part) for part in parts], level
