"""How lists and long names are told in one sentence."""

from collections.abc import Sequence

_LONGEST_NAME = 80
"""Characters of a name that a sentence can carry."""


def listed(items: Sequence[str], *, most: int, total: int | None = None) -> str:
    """Returns items in a row, at most `most` of them, and the number of the rest.

    Args:
        items: What to list; the first ones where there are more.
        most: How many are told.
        total: How many there are; as many as `items` when not given.
    """
    told = items[:most]
    rest = (len(items) if total is None else total) - len(told)
    return ", ".join(told) + (f" and {rest:,} more" if rest > 0 else "")


def percent(share: float) -> str:
    """Returns a share as a percentage, such as `99 %`; a share below 1 is never told as all of them."""
    hundredths = min(round(10_000 * share), 9_999) if share < 1 else 10_000
    return f"{hundredths / 100:g} %"


def shortened(name: object) -> str:
    """Returns a name without line breaks; the middle of a long one is left out, because its end tells most."""
    text = "".join(character if character.isprintable() else "�" for character in str(name))
    if len(text) <= _LONGEST_NAME:
        return text
    half = (_LONGEST_NAME - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
