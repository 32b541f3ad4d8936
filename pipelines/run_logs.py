"""What ZenML's runs log, as JSON lines: into the folder of the run, and on standard error where that is asked for."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from medimage.errors import ConfigurationError
from medimage.run_log.json_lines import json_formatter
from medimage.run_log.log_context import LogContext
from medimage.run_log.run_log import run_log
from medimage.workspace import workspace

FORMAT_VARIABLE: Final = "MEDIMAGE_LOG"
"""`json`: what is logged goes to standard error as JSON lines, and not to the terminal as text."""

_ZENML_CONSOLE: Final = "ZenMLConsoleHandler"


@contextmanager
def log_of_run(name: str) -> Iterator[None]:
    """Writes what is logged while the block runs to `runs/NAME/log.jsonl`, with run and step in each line.

    Args:
        name: Name of the run.
    """
    configure_console()
    known = LogContext(run=name)

    def belongs() -> LogContext:
        nonlocal known
        found = current_context()
        if found is None:
            # The run is the same before, between and after its steps.
            return LogContext(run=name, run_id=known.run_id)
        known = found
        return found

    with run_log(workspace() / "runs" / name, context=belongs):
        yield


def current_context() -> LogContext | None:
    """Returns which run and step this thread works for; None outside of steps."""
    zenml_steps = sys.modules.get("zenml.steps.step_context")
    if zenml_steps is None:
        return None
    try:
        context = zenml_steps.get_step_context()
    except RuntimeError:
        return None
    run = context.pipeline_run
    return LogContext(run=run.name, run_id=str(run.id), step=context.step_run.name)


def configure_console() -> None:
    """Has what is logged go to standard error as JSON lines where `MEDIMAGE_LOG` is `json`; may be called again.

    Raises:
        ConfigurationError: If the variable is something else.
    """
    asked = os.environ.get(FORMAT_VARIABLE, "")
    if asked not in ("", "json"):
        raise ConfigurationError(f"{FORMAT_VARIABLE} must be json, or not be set, but is {asked!r}.")
    root = logging.getLogger()
    if not asked or any(isinstance(handler, _JsonConsole) for handler in root.handlers):
        return
    handler = _JsonConsole(sys.stderr)
    handler.setFormatter(json_formatter(lambda: current_context() or LogContext()))
    root.addHandler(handler)
    for other in root.handlers:
        if type(other).__name__ == _ZENML_CONSOLE:
            other.addFilter(lambda _: False)


class _JsonConsole(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes JSON lines to standard error."""
