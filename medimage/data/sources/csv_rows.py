"""Reading a CSV strictly: what cannot be read for certain is refused, with the line and what to do."""

import csv
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from medimage.data.sources.csv_header import Column, Header, read_header, wanted
from medimage.data.sources.file_reading import unreadable, why_no_file
from medimage.errors import DataError

logger = logging.getLogger(__name__)

_BYTE_ORDER_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_AS_UTF_8 = "Save it as UTF-8 (in a spreadsheet: save as, CSV UTF-8)."


class CsvRow(NamedTuple):
    """One row.

    Attributes:
        line: Number of the line it begins in; the header is line 1.
        cells: The cells of the columns asked for, in the order asked for, without spaces around them.
    """

    line: int
    cells: tuple[str, ...]


def read_rows(path: Path, *, columns: Sequence[Column], kind: str, cells_told: bool = True) -> Iterator[CsvRow]:
    """Yields the rows of a CSV, one at a time. Empty lines and rows of empty cells are none.

    Commas divide the cells; semicolons or tabs are read where the header can only be read that way.

    Args:
        path: The CSV; UTF-8, with or without a byte order mark.
        columns: What to read. Other columns are left alone.
        kind: What the file is called in messages, such as `manifest`.
        cells_told: Whether messages may repeat what stands in it.

    Raises:
        DataError: If the file cannot be read, is not UTF-8, or has no rows; if a required column is absent, or one that
            is read is there twice or misspelt; if a row has another number of cells than the header.
    """
    what = f"The {kind} {path}"
    _refuse_no_file(path, what)
    _refuse_utf_16(path, what)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = _without_nul(file, what)
            header = next(lines, "")
            if not header.strip() and any(line.strip() for line in lines):
                raise DataError(
                    f"{what} begins with an empty line: expected a header{wanted(columns)} there. Remove the empty "
                    "lines above it."
                )
            if not header.strip():
                raise DataError(f"{what} is empty: expected a header{wanted(columns)}, and a row for every image.")
            yield from _rows(lines, read_header(header, columns, what=what, cells_told=cells_told), what=what)
    except UnicodeDecodeError as error:
        raise _not_utf_8(path, what) from error
    except OSError as error:
        raise unreadable(path, error) from error


def merge_duplicates(rows: Iterable[CsvRow], *, what: str) -> list[CsvRow]:
    """Returns rows with each first cell once. Rows that say the same again are merged, with a line in the log.

    Args:
        rows: The rows; the first cell is what identifies one.
        what: What the file is called in messages, such as `The manifest images/MANIFEST.csv`.

    Raises:
        DataError: If two rows say different things about one image.
    """
    first: dict[str, CsvRow] = {}
    repeated = 0
    for row in rows:
        other = first.setdefault(row.cells[0], row)
        if other is row:
            continue
        if other.cells != row.cells:
            raise DataError(
                f"{what} names {row.cells[0]!r} twice and says different things: {list(other.cells[1:])} in line "
                f"{other.line}, {list(row.cells[1:])} in line {row.line}. Remove the row that is wrong."
            )
        repeated += 1
    if repeated:
        logger.warning("%s repeats %d rows: each counts once", what, repeated)
    return list(first.values())


def _rows(lines: Iterator[str], header: Header, *, what: str) -> Iterator[CsvRow]:
    reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
    is_empty = True
    while True:
        # The header has been read before the reader was made.
        line = reader.line_num + 2
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"{what} cannot be read as CSV in the row that begins in line {line}: {error}. "
                f"{_advice_on(error)}A quote that is opened must be closed, and a quote inside a quoted cell is "
                'written twice ("").'
            ) from error
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != header.width:
            # One comma too many or too few, and a cell may stand under another column's name.
            separator = "A comma" if header.delimiter == "," else "The separator"
            raise DataError(
                f"{what} has {len(cells)} cells in line {line}, but its header has {header.width}. "
                f"{separator} inside a cell needs quotes around the cell."
            )
        is_empty = False
        yield CsvRow(line, tuple("" if place is None else cells[place].strip() for place in header.places))
    if is_empty:
        raise DataError(f"{what} has a header but no rows: expected a row for every image.")


def _advice_on(error: csv.Error) -> str:
    if "field larger than field limit" not in str(error):
        return ""
    return f"A cell may have up to {csv.field_size_limit():,} characters. "


def _without_nul(lines: Iterable[str], what: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise DataError(
                f"{what} has a NUL byte in line {number}, which no text has: it is damaged, or another kind of file. "
                f"{_AS_UTF_8}"
            )
        yield line


def _refuse_no_file(path: Path, what: str) -> None:
    try:
        is_folder = path.is_dir()
    except OSError as error:
        raise unreadable(path, error) from error
    if is_folder:
        raise DataError(f"{what} is a folder, but expected a CSV. Rename the folder, or name the file that is meant.")
    if (reason := why_no_file(path)) is not None:
        raise DataError(f"{what} {reason}. Put the CSV itself there.")


def _refuse_utf_16(path: Path, what: str) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(2)
    except OSError as error:
        raise unreadable(path, error) from error
    if start in _BYTE_ORDER_MARKS_OF_UTF_16:
        raise DataError(f"{what} is written in UTF-16, but expected UTF-8. {_AS_UTF_8}")


def _not_utf_8(path: Path, what: str) -> DataError:
    """Returns the error that names the line, which the decoder, reading in blocks, does not know."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                byte = line[error.start]
                return DataError(
                    f"{what} is not UTF-8: line {number} has the byte 0x{byte:02x}, which is {chr(byte)!r} in Latin-1. "
                    f"{_AS_UTF_8}"
                )
    return DataError(f"{what} is not UTF-8. {_AS_UTF_8}")
