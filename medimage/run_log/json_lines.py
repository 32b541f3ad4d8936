"""Log records as JSON lines, whichever library they come from."""

import datetime
import logging
import os
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

import medimage
from medimage.run_log.hidden_secrets import HiddenSecrets
from medimage.run_log.log_context import LogContext


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
    return value if isinstance(value, bool | int | float) or value is None else secrets.hide(str(value))
