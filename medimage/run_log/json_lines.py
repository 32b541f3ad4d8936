"""Log records as JSON lines, whichever library they come from."""

import datetime
import logging
import math
import os
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

import medimage
from medimage.run_log.hidden_secrets import HiddenSecrets
from medimage.run_log.log_context import LogContext
from medimage.run_log.notes import NOTES


def listen(handler: logging.Handler, context: Callable[[], LogContext]) -> None:
    """Has a handler write all that is logged or noted from now on, as JSON lines.

    Args:
        handler: The handler.
        context: What a line belongs to.
    """
    handler.setFormatter(json_formatter(context))
    for name in (None, NOTES):
        logging.getLogger(name).addHandler(handler)


def stop_listening(handler: logging.Handler) -> None:
    """Lets a handler that listens write no more."""
    for name in (None, NOTES):
        logging.getLogger(name).removeHandler(handler)


def json_formatter(context: Callable[[], LogContext]) -> logging.Formatter:
    """Returns a formatter that makes one line of JSON of every record.

    Its keys: `time` (UTC, ISO 8601), `level`, `logger`, `event`, `run`, `run_id`, `step`, `process` (its number),
    `version` (of this project), and where there is one, `rank`, `exception`, and what the caller added.

    Args:
        context: What the line belongs to, asked for each.
    """
    secrets = HiddenSecrets()

    def describe(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        record: logging.LogRecord = event.pop("_record")
        event.pop("_from_structlog", None)
        belongs = context()
        exception = event.pop("exception", None)
        line = {
            "time": datetime.datetime.fromtimestamp(record.created, tz=datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": secrets.hide(str(event.pop("event", ""))),
            "run": belongs.run,
            "run_id": belongs.run_id,
            "step": belongs.step,
            "process": os.getpid(),
            "version": medimage.__version__,
        }
        if belongs.rank is not None:
            line["rank"] = belongs.rank
        if exception:
            line["exception"] = secrets.hide(str(exception))
        return {**line, **{name: _plain(value, secrets) for name, value in event.items() if name not in line}}

    return ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[structlog.processors.format_exc_info, describe, structlog.processors.JSONRenderer(default=str)],
    )


def _plain(value: Any, secrets: HiddenSecrets) -> Any:
    is_plain = isinstance(value, bool | int) or value is None or (isinstance(value, float) and math.isfinite(value))
    # JSON has no infinity, and nothing that is no number.
    return value if is_plain else secrets.hide(str(value))
