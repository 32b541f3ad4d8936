"""Reads the feedback log, and which of several rows on one prediction counts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from medimage.serving.feedback_log.kind import FEEDBACK_LOG
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from medimage.serving.line_log.reader import read_log


def read_feedback_log(folder: Path) -> Iterator[LoggedFeedback]:
    """Reads all rows, file by file in the order in which the files were begun, as `read_log` does.

    Args:
        folder: The log's folder.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    return read_log(FEEDBACK_LOG, folder, from_json=LoggedFeedback.from_json)


def latest_feedback(rows: Iterable[LoggedFeedback]) -> tuple[LoggedFeedback, ...]:
    """Returns the last row of each caller on each prediction, by time.

    Whoever gives feedback again corrects what was given before; two callers may differ, and both count. Rows of one
    caller may come in any order, because a service of several processes writes several files.
    """
    latest: dict[tuple[str, str | None], LoggedFeedback] = {}
    for row in rows:
        key = (row.prediction_id, row.caller)
        if key not in latest or latest[key].time <= row.time:
            latest[key] = row
    return tuple(sorted(latest.values(), key=lambda row: row.time))
