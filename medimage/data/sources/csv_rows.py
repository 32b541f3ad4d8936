"""Reading a CSV strictly: what cannot be read for certain is refused, with the line and what to do."""

import csv
import difflib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from medimage.config.class_names import canonical_name
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.data.sources.files_below import unreadable
from medimage.errors import DataError

logger = logging.getLogger(__name__)

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_BYTE_ORDER_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_AS_UTF_8 = "Save it as UTF-8 (in a spreadsheet: save as, CSV UTF-8)."
_LIKENESS_OF_MISSPELLINGS = 0.76
"""`patient`, `patient_no` and `lable` are as like a known column as this; `patient_age` and `data_source` are not."""


@dataclass(frozen=True)
class Column:
    """A column that is read.

    Attributes:
        name: Its name; case, spaces, `-` and `_` do not matter.
        required: Whether a table without it is refused. Otherwise its cells are empty then, unless another column
            looks like a misspelling of it.
        setting: The key of the configuration that names it; empty where its name is fixed.
    """

    name: str
    required: bool = True
    setting: str = ""


class CsvRow(NamedTuple):
    """One row.

    Attributes:
        line: Number of the line it begins in; the header is line 1.
        cells: The cells of the columns asked for, in the order asked for, without spaces around them.
    """

    line: int
    cells: tuple[str, ...]


def read_rows(path: Path, *, columns: Sequence[Column], kind: str) -> Iterator[CsvRow]:
    """Yields the rows of a CSV, one at a time. Empty lines and rows of empty cells are none.

    Commas divide the cells; semicolons or tabs are read where the header can only be read that way.

    Args:
        path: The CSV; UTF-8, with or without a byte order mark.
        columns: What to read. Other columns are left alone.
        kind: What the file is called in messages, such as `manifest`.

    Raises:
        DataError: If the file cannot be read, is not UTF-8, or has no rows; if a required column is absent, or one that
            is read is there twice or misspelt; if a row has another number of cells than the header.
    """
    what = f"The {kind} {path}"
    _refuse_utf_16(path, what)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = _without_nul(file, what)
            header = next(lines, "")
            if not header.strip():
                raise DataError(f"{what} is empty: expected a header{_wanted(columns)}, and a row for every image.")
            delimiter = _delimiter(header, columns, what)
            names = _cells(header, delimiter)
            places = [_place(column, names, what) for column in columns]
            _refuse_misspellings(columns, names, what)
            yield from _rows(lines, delimiter, width=len(names), places=places, what=what)
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


def _rows(
    lines: Iterator[str], delimiter: str, *, width: int, places: Sequence[int | None], what: str
) -> Iterator[CsvRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    is_empty = True
    while True:
        # The header has been read before the reader was made.
        line = reader.line_num + 2
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"{what} cannot be read as CSV in the row that begins in line {line}: {error}. A quote that is opened "
                'must be closed, and a quote inside a quoted cell is written twice ("").'
            ) from error
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            # One comma too many or too few, and a cell may stand under another column's name.
            raise DataError(
                f"{what} has {len(cells)} cells in line {line}, but its header has {width}. "
                f"{'A comma' if delimiter == ',' else 'The separator'} inside a cell needs quotes around the cell."
            )
        is_empty = False
        yield CsvRow(line, tuple("" if place is None else cells[place].strip() for place in places))
    if is_empty:
        raise DataError(f"{what} has a header but no rows: expected a row for every image.")


def _delimiter(header: str, columns: Sequence[Column], what: str) -> str:
    """Returns the first separator with which the header has what is required, or the one most likely meant."""
    required = {canonical_name(column.name) for column in columns if column.required}
    found = {delimiter: _cells(header, delimiter) for delimiter in _DELIMITERS}
    for delimiter, names in found.items():
        if required <= {canonical_name(name) for name in names}:
            if delimiter != ",":
                logger.info("%s is separated by %s, not commas: it is read so", what, _DELIMITERS[delimiter])
            return delimiter
    return max(found, key=lambda delimiter: len(found[delimiter]))


def _cells(header: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]


def _place(column: Column, names: Sequence[str], what: str) -> int | None:
    places = [place for place, name in enumerate(names) if canonical_name(name) == canonical_name(column.name)]
    if len(places) > 1:
        raise DataError(f"{what} has the column {column.name!r} more than once: {list(names)}.")
    if places:
        return places[0]
    if not column.required:
        return None
    hint = did_you_mean(nearest_names(column.name, names)) or "."
    named = f" {column.setting} says which column to read." if column.setting else ""
    raise DataError(
        f"{what} needs a column {column.name!r} but has {list(names)}{hint}{named} Expected a header with names "
        "separated by commas."
    )


def _refuse_misspellings(columns: Sequence[Column], names: Sequence[str], what: str) -> None:
    """Without its patients, a split would leak: a column that is nearly one that would be read is not passed over."""
    present = {canonical_name(name) for name in names}
    known = {canonical_name(column.name): column.name for column in columns}
    absent = {canonical: name for canonical, name in known.items() if canonical not in present}
    for name in names:
        close = difflib.get_close_matches(canonical_name(name), absent, n=1, cutoff=_LIKENESS_OF_MISSPELLINGS)
        if close:
            raise DataError(
                f"{what} has the column {name!r}, which is not read{did_you_mean([absent[close[0]]])} "
                "Rename it, or, where it means something else, give it a name that is less alike."
            )


def _wanted(columns: Sequence[Column]) -> str:
    names = [repr(column.name) for column in columns if column.required]
    return f" with {' and '.join(names)}" if names else ""


def _without_nul(lines: Iterable[str], what: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise DataError(
                f"{what} has a NUL byte in line {number}, which no text has: it is damaged, or another kind of file. "
                f"{_AS_UTF_8}"
            )
        yield line


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
