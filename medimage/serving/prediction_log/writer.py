"""Appends rows to the prediction log."""

from pathlib import Path

from medimage.serving.line_log.writer import LineLogWriter
from medimage.serving.prediction_log.kind import PREDICTION_LOG
from medimage.serving.prediction_log.logged_prediction import LoggedPrediction


class PredictionLogWriter(LineLogWriter):
    """Writes predictions as `LineLogWriter` writes lines.

    Args:
        folder: Where the files are; made where it is not there.
        file_bytes: Size after which a file is followed by another.

    Raises:
        ServiceNotStartedError: If the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, *, file_bytes: int) -> None:
        super().__init__(PREDICTION_LOG, folder, file_bytes=file_bytes)

    def append(self, row: LoggedPrediction) -> bool:
        """Writes a row; returns whether it is in the log. Never raises for what the system refuses."""
        return self.append_line(row.to_json())
