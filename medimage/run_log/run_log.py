"""The log of a run in its folder, and how other processes of the run find it."""

import json
import logging
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from medimage.run_log.json_lines import listen, stop_listening
from medimage.run_log.log_context import LogContext
from medimage.run_log.log_file import LogFileHandler

LOG_FILE: Final = "log.jsonl"
"""Name of the log in the folder of a run."""

_HANDED_ON: Final = "MEDIMAGE_RUN_LOG"
"""Variable by which processes of a run find its log."""

_PACKAGES: Final = ("medimage", "zenml", "torch", "timm", "mlflow", "numpy", "onnxruntime")

_open: Final[list[tuple[Path, Callable[[], LogContext]]]] = []
"""The log that this process writes, with what its lines belong to."""

logger = logging.getLogger(__name__)


@contextmanager
def run_log(folder: Path, *, context: Callable[[], LogContext]) -> Iterator[None]:
    """Writes what is logged while the block runs to the folder of a run, whichever library it comes from.

    Args:
        folder: The run's folder. Where it cannot be written to, that is told, and the run goes on.
        context: What a line belongs to.
    """
    try:
        handler = LogFileHandler(folder / LOG_FILE)
    except OSError as error:
        logger.warning("There is no log of this run: %s cannot be written (%s)", folder / LOG_FILE, error.strerror)
        yield
        return
    with _attached(handler, context=context):
        logger.info("The log begins", extra={"versions": _versions(), "python": platform.python_version()})
        _open.append((folder / LOG_FILE, context))
        try:
            yield
        finally:
            _open.pop()
            os.environ.pop(_HANDED_ON, None)


def hand_on_run_log() -> None:
    """Lets processes that are started from now on say which run and step they belong to, where a log is written."""
    if _open:
        file, context = _open[-1]
        belongs = context()
        values = {"file": str(file), "run": belongs.run, "run_id": belongs.run_id, "step": belongs.step}
        os.environ[_HANDED_ON] = json.dumps(values)


@contextmanager
def joined_run_log(*, rank: int) -> Iterator[None]:
    """Writes what this process logs while the block runs to the log of the run that it was started by, if there is one.

    Args:
        rank: Its number among those that were started together.
    """
    handed = os.environ.get(_HANDED_ON)
    if handed is None:
        yield
        return
    values = json.loads(handed)
    belongs = LogContext(run=values["run"], run_id=values.get("run_id"), step=values.get("step"), rank=rank)
    try:
        handler = LogFileHandler(Path(values["file"]))
    except OSError:
        # The process that started this one has told it.
        yield
        return
    with _attached(handler, context=lambda: belongs):
        yield


@contextmanager
def _attached(handler: logging.Handler, *, context: Callable[[], LogContext]) -> Iterator[None]:
    listen(handler, context)
    try:
        yield
    finally:
        stop_listening(handler)
        handler.close()


def _versions() -> str:
    return ", ".join(f"{package} {_version(package)}" for package in _PACKAGES)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
