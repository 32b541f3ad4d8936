"""Standard input, output and error of a command, also where the caller closed them or their disk is full."""

import os
import sys
from pathlib import Path
from typing import TextIO

_STANDARD = 3


def open_closed_streams() -> None:
    """Opens the null device for each standard stream that the caller has closed.

    Otherwise the next file that is opened would get the number of standard output, and what a library prints would
    be written into it.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor < _STANDARD:
        # Programs that this one starts, or becomes, have the same need.
        os.set_inheritable(descriptor, True)
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
        _give_up(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return "nobody reads standard output any more"
        return f"standard output cannot be written to: {error.strerror}"
    return None


def write_to_standard_error(text: str) -> None:
    """Writes to standard error, or nowhere if that cannot be written to: then only the exit code tells."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Sends what is still to be written to the null device."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
