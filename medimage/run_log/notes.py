"""What is kept in the log of a run and not shown, because a person reads it on the terminal in other words."""

import logging
from typing import Any, Final

NOTES: Final = "medimage.notes"
"""Name of the logger of notes: those who write JSON lines listen to it, and nobody else does."""

_logger = logging.getLogger(NOTES)
_logger.propagate = False
_logger.setLevel(logging.INFO)
_logger.addHandler(logging.NullHandler())


def note(event: str, **values: Any) -> None:
    """Keeps an event in the log of the run, where one is written.

    Args:
        event: What happened, in a word or two.
        **values: Its figures; each becomes a key of the line.
    """
    _logger.info(event, extra=values)
