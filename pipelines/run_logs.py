"""What ZenML's runs log, as JSON lines: into the folder of the run, and on standard error where that is asked for."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from medimage.errors import ConfigurationError
from medimage.run_log.json_lines import listen
from medimage.run_log.log_context import LogContext
from medimage.run_log.run_log import run_log
from medimage.workspace import workspace

FORMAT_VARIABLE: Final = "MEDIMAGE_LOG"
"""`json`: what is logged goes to standard error as JSON lines, and not to the terminal as text."""

_ZENML_CONSOLE: Final = "ZenMLConsoleHandler"


class _Belonging:
    """What a line of this process belongs to: the step that its thread works for, within the run that is known."""

    def __init__(self) -> None:
        self.known = LogContext()

    def __call__(self) -> LogContext:
        """Returns what belongs to a line that is logged now."""
        found = current_context()
        if found is None:
            # The run is the same before, between and after its steps. A thread that a library began within a step does
            # not know of it.
            step = None if threading.current_thread() is threading.main_thread() else self.known.step
            return LogContext(run=self.known.run, run_id=self.known.run_id, step=step)
        self.known = found
        return found


_belonging = _Belonging()


@contextmanager
def log_of_run(name: str) -> Iterator[None]:
    """Writes what is logged while the block runs to `runs/NAME/log.jsonl`, with run and step in each line.

    Args:
        name: Name of the run.

    Raises:
        ConfigurationError: If `MEDIMAGE_LOG` is something that it cannot be.
    """
    configure_console()
    _belonging.known = LogContext(run=name)
    try:
        with run_log(workspace() / "runs" / name, context=_belonging):
            yield
    finally:
        _belonging.known = LogContext()


def current_context() -> LogContext | None:
    """Returns which run, and which step of it, this thread works for; None where that is not known."""
    # ZenML takes seconds to import: where it is not, there is no run.
    steps = sys.modules.get("zenml.steps.step_context")
    runs = sys.modules.get("zenml.execution.pipeline.dynamic.run_context")
    step = None if steps is None else steps.StepContext.get()
    if step is not None:
        return LogContext(run=step.pipeline_run.name, run_id=str(step.pipeline_run.id), step=step.step_run.name)
    run = None if runs is None else runs.DynamicPipelineRunContext.get()
    return None if run is None else LogContext(run=run.run.name, run_id=str(run.run.id))


def configure_console() -> None:
    """Has what is logged go to standard error as JSON lines where `MEDIMAGE_LOG` is `json`; may be called again.

    Raises:
        ConfigurationError: If the variable is something else.
    """
    asked = os.environ.get(FORMAT_VARIABLE, "")
    if asked not in ("", "json"):
        raise ConfigurationError(f"{FORMAT_VARIABLE} must be json, or not be set, but is {asked!r}.")
    if not asked:
        return
    root = logging.getLogger()
    if not any(isinstance(handler, _JsonConsole) for handler in root.handlers):
        listen(_JsonConsole(sys.stderr), _belonging)
    # ZenML adds its own when it is imported, which may be later than the first call.
    for other in [each for each in root.handlers if type(each).__name__ == _ZENML_CONSOLE]:
        root.removeHandler(other)


class _JsonConsole(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes JSON lines to standard error."""
