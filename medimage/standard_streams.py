"""Standard input, output and error of a command, also where the caller closed them or their disk is full."""

import os
import sys
from pathlib import Path

_STANDARD = 3


def open_closed_streams() -> None:
    """Opens the null device for each standard stream that the caller has closed.

    Otherwise the next file that is opened would get the number of standard output, and what a library prints would
    be written into it.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor < _STANDARD:
        descriptor = os.dup(descriptor)
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open as long as the process


def standard_output_problem(*, ending: str = "") -> str | None:
    """Writes out what is left of standard output and returns what went wrong, or None.

    After a problem, nothing more is written to it: Python would only fail once more at its exit.

    Args:
        ending: What to write last. What failed to be written before is forgotten by Python, so that only a further
            write tells whether standard output is what failed.
    """
    try:
        sys.stdout.write(ending)
        sys.stdout.flush()
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
        if isinstance(error, BrokenPipeError):
            return "nobody reads standard output any more"
        return f"standard output cannot be written to: {error.strerror}"
    return None
