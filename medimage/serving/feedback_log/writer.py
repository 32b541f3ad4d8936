"""Appends rows to the feedback log."""

from pathlib import Path

from medimage.serving.feedback_log.kind import FEEDBACK_LOG
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from medimage.serving.line_log.writer import LineLogWriter

_FILE_BYTES = 64 * 2**20
"""Size after which a file is followed by another; a person fills none in a day."""


class FeedbackLogWriter(LineLogWriter):
    """Writes feedback as `LineLogWriter` writes lines.

    Args:
        folder: Where the files are; made where it is not there.

    Raises:
        ServiceNotStartedError: If the folder cannot be made or written to.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(FEEDBACK_LOG, folder, file_bytes=_FILE_BYTES)

    def append(self, row: LoggedFeedback) -> bool:
        """Writes a row; returns whether it is in the log. Never raises for what the system refuses."""
        return self.append_line(row.to_json())
