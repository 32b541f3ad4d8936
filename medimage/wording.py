"""How lists, numbers, shares and long names are told in a sentence."""

from collections.abc import Sequence
from typing import Literal

_LONGEST_NAME = 80
"""Characters of a name that a sentence can carry."""


def listed(
    items: Sequence[str], *, most: int | None = None, total: int | None = None, word: Literal["and", "or"] = "and"
) -> str:
    """Returns items in a row, such as `a, b and c`, or `a, b and 3 more` where not all are told.

    Args:
        items: What to list; the first ones where there are more.
        most: How many are told; all when not given.
        total: How many there are; as many as `items` when not given.
        word: What stands before the last.
    """
    told = list(items[:most])
    rest = (len(items) if total is None else total) - len(told)
    if rest > 0:
        told.append(f"{rest:,} more")
    return f" {word} ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def counted(number: int, noun: str) -> str:
    """Returns how many there are of something, such as `1 image` or `2 images`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def percent(share: float, *, decimals: int = 2) -> str:
    """Returns a share as a percentage, such as `99 %`; a share below 1 is never told as all of them.

    Args:
        share: From 0 to 1.
        decimals: How many decimals are told at most.
    """
    whole = 100 * 10**decimals
    parts = min(round(whole * share), whole - 1) if share < 1 else whole
    return f"{parts / 10**decimals:g} %"


def shortened(name: object) -> str:
    """Returns a name without line breaks; the middle of a long one is left out, because its end tells most."""
    text = "".join(character if character.isprintable() else "�" for character in str(name))
    if len(text) <= _LONGEST_NAME:
        return text
    half = (_LONGEST_NAME - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
