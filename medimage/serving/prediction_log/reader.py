"""Reads the prediction log."""

from collections.abc import Iterator
from pathlib import Path

from medimage.serving.line_log.reader import read_log, read_log_files
from medimage.serving.prediction_log.kind import PREDICTION_LOG
from medimage.serving.prediction_log.logged_prediction import LoggedPrediction


def read_prediction_log(folder: Path) -> Iterator[LoggedPrediction]:
    """Reads all rows, file by file in the order in which the files were begun, as `read_log` does.

    Args:
        folder: The log's folder.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    return read_log(PREDICTION_LOG, folder, from_json=LoggedPrediction.from_json)


def read_prediction_log_files(folder: Path) -> Iterator[Iterator[LoggedPrediction]]:
    """Reads all rows, those of each file for themselves: one process wrote them, one after the other.

    Args:
        folder: The log's folder.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    return read_log_files(PREDICTION_LOG, folder, from_json=LoggedPrediction.from_json)
