"""Reads the prediction log, of whichever processes and however they ended."""

import logging
from collections.abc import Iterator
from pathlib import Path

from medimage.serving.prediction_log.logged_prediction import LoggedPrediction
from medimage.serving.prediction_log.writer import FILE_PREFIX, FILE_SUFFIX

logger = logging.getLogger(__name__)


def read_prediction_log(folder: Path) -> Iterator[LoggedPrediction]:
    """Reads all rows, file by file in the order in which the files were begun; in a file, rows are in order of time.

    A row that was torn by the end of its process or by a full disk is skipped, and how many there were in a file is
    logged as a warning. A file may be written to meanwhile: a last line without its end is left for the next reading
    without a word.

    Args:
        folder: The log's folder.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"Expected the folder of a prediction log but {folder} is none. It is what MEDIMAGE_SERVE_PREDICTION_LOG "
            "names where the service runs."
        )
    for path in sorted(folder.glob(f"{FILE_PREFIX}*{FILE_SUFFIX}")):
        yield from _rows(path)


def _rows(path: Path) -> Iterator[LoggedPrediction]:
    unreadable = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            if not line.strip():
                continue
            try:
                row = LoggedPrediction.from_json(line.decode("ascii"))
            except ValueError:  # UnicodeDecodeError and JSONDecodeError are kinds of it
                unreadable += 1
                continue
            yield row
    if unreadable:
        logger.warning("%s: %d rows are torn or damaged and were skipped", path, unreadable)
