"""Reads a log, of whichever processes and however they ended."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from medimage.serving.line_log.log_kind import LogKind
from medimage.serving.line_log.writer import FILE_SUFFIX

Row = TypeVar("Row")

logger = logging.getLogger(__name__)


def read_log(kind: LogKind, folder: Path, *, from_json: Callable[[str], Row]) -> Iterator[Row]:
    """Reads all rows, file by file in the order in which the files were begun; in a file, rows are in order of time.

    A row that was torn by the end of its process or by a full disk is skipped, and how many there were in a file is
    logged as a warning. A file may be written to meanwhile: a last line without its end is left for the next reading
    without a word.

    Args:
        kind: Which log it is.
        folder: Its folder.
        from_json: Reads one line; raises `ValueError` for one that is no row.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    for rows in read_log_files(kind, folder, from_json=from_json):
        yield from rows


def read_log_files(kind: LogKind, folder: Path, *, from_json: Callable[[str], Row]) -> Iterator[Iterator[Row]]:
    """Reads the rows file by file, as `read_log` does: each file is what one process wrote, one row after the other.

    Args:
        kind: Which log it is.
        folder: Its folder.
        from_json: Reads one line; raises `ValueError` for one that is no row.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"Expected the folder of a {kind.name} but {folder} is none. It is what {kind.variable} names where the "
            "service runs."
        )
    for path in sorted(folder.glob(f"{kind.file_prefix}*{FILE_SUFFIX}")):
        yield _rows(path, from_json)


def _rows(path: Path, from_json: Callable[[str], Row]) -> Iterator[Row]:
    unreadable = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            if not line.strip():
                continue
            try:
                row = from_json(line.decode("ascii"))
            except ValueError:  # UnicodeDecodeError and JSONDecodeError are kinds of it
                unreadable += 1
                continue
            yield row
    if unreadable:
        logger.warning("%s: rows that were skipped because they are torn or damaged: %d", path, unreadable)
