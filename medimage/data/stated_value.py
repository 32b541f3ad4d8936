"""Whether a cell or element states anything."""

from medimage.config.class_names import composed_name

_PLACEHOLDERS = frozenset({"-", "--", "?", "n/a", "na", "nan", "not stated", "null", "unbekannt", "unknown"})
"""What tables say of a thing that nobody knows, in small letters. `none` is not among them: it may be an answer."""


def stated_value(written: str) -> str:
    """Returns what is written with single spaces and composed accents; empty where it means that nobody knows.

    Args:
        written: What stands in a cell or an element.
    """
    text = composed_name(" ".join(written.split()))
    return "" if text.casefold() in _PLACEHOLDERS else text
