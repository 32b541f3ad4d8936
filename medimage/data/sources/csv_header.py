"""The first line of a CSV: what divides its cells, and where the columns are that are read."""

import csv
import difflib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from medimage.config.class_names import canonical_name
from medimage.config.metadata import MetadataColumns
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.errors import DataError
from medimage.wording import counted, listed

logger = logging.getLogger(__name__)

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}

_NOT_READ = {"|": "vertical bars", " ": "spaces", ":": "colons"}
"""Separators that a header may have and no table is read with: they stand in cells, too."""

_SHOWN = 20
_SHOWN_CHARACTERS = 60
"""So many columns, and so much of each, are shown in messages: a file of another kind may have thousands."""

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


def columns_of_metadata(metadata: MetadataColumns) -> tuple[Column, ...]:
    """Returns the columns that metadata are read from, in their order."""
    return tuple(Column(column.column, setting=f"data.metadata.{name}") for name, column in metadata.items())


class Header(NamedTuple):
    """What the first line says of the others.

    Attributes:
        delimiter: What stands between cells.
        width: Number of cells.
        places: Index of each column asked for, in the order asked for; None for one that is absent.
    """

    delimiter: str
    width: int
    places: tuple[int | None, ...]


def read_header(line: str, columns: Sequence[Column], *, what: str, cells_told: bool = True) -> Header:
    """Reads the first line of a CSV.

    Args:
        line: The line.
        columns: What to read. Other columns are left alone.
        what: What the file is called in messages, such as `The manifest images/MANIFEST.csv`.
        cells_told: Whether messages may repeat it. What has no header begins with a row, which may name a patient.

    Raises:
        DataError: If it cannot be read with any separator; if a required column is absent, or one that is read is there
            twice or misspelt.
    """
    delimiter, names = _divide(line, columns, what)
    places = tuple(_place(column, names, what, told=cells_told) for column in columns)
    _refuse_misspellings(columns, names, what, told=cells_told)
    return Header(delimiter, len(names), places)


def wanted(columns: Sequence[Column]) -> str:
    """Returns which columns a table must have, as a message goes on after `a header`."""
    names = [repr(column.name) for column in columns if column.required]
    return f" with {listed(names)}" if names else ""


def _divide(header: str, columns: Sequence[Column], what: str) -> tuple[str, list[str]]:
    """Returns the first separator with which the header has what is required, or the one most likely meant; its names.

    Raises:
        DataError: If the header can be read with no separator, or with one that is not read, or not in one line.
    """
    required = {canonical_name(column.name) for column in columns if column.required}
    found: dict[str, list[str]] = {}
    refused: list[csv.Error] = []
    for delimiter, words in _DELIMITERS.items():
        try:
            names = _cells(header, delimiter)
        except csv.Error as error:
            # With a separator that is not meant, a wide header is one cell, longer than a cell may be.
            refused.append(error)
            continue
        if required <= {canonical_name(name) for name in names}:
            if delimiter != ",":
                logger.info("%s is separated by %s, not commas: it is read so", what, words)
            return delimiter, names
        found[delimiter] = names
    if all(len(names) == 1 for names in found.values()):
        _refuse_other_separators(header, required, what)
    if refused and header.count('"') % 2:
        raise DataError(
            f"{what} opens a quote in its first line that is not closed there: expected the names of all columns in "
            "one line. Take line breaks out of the names, or close the quote."
        ) from refused[0]
    if not found:
        raise DataError(
            f"{what} has a first line that cannot be read as the header of a CSV: {refused[0]}. Expected names "
            "separated by commas, each whole in quotes or without any."
        ) from refused[0]
    return max(found.items(), key=lambda reading: len(reading[1]))


def _refuse_other_separators(header: str, required: set[str], what: str) -> None:
    for delimiter, words in _NOT_READ.items():
        names = {canonical_name(name) for name in header.replace('"', "").split(delimiter)}
        if len(names) > 1 and required and required <= names:
            raise DataError(
                f"{what} is separated by {words}, but expected {listed(list(_DELIMITERS.values()), word='or')}. Save "
                "it with commas, and with quotes around cells that have one."
            )


def _cells(header: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([header], delimiter=delimiter, strict=True), [])]


def _shown(names: Sequence[str]) -> str:
    cut = [name if len(name) <= _SHOWN_CHARACTERS else f"{name[:_SHOWN_CHARACTERS]}…" for name in names[:_SHOWN]]
    return f"{cut}{f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''}"


def _place(column: Column, names: Sequence[str], what: str, *, told: bool) -> int | None:
    places = [place for place, name in enumerate(names) if canonical_name(name) == canonical_name(column.name)]
    if len(places) > 1:
        raise DataError(f"{what} has the column {column.name!r} more than once{f': {_shown(names)}' if told else ''}.")
    if places:
        return places[0]
    if not column.required:
        return None
    hint = (told and did_you_mean(nearest_names(column.name, names))) or "."
    came = _shown(names) if told else f"its first line, of {counted(len(names), 'cell')}, names none so"
    named = f" {column.setting} says which column to read." if column.setting else ""
    raise DataError(
        f"{what} needs a column {column.name!r} but {'has ' * told}{came}{hint}{named} Expected a header with names "
        "separated by commas."
    )


def _refuse_misspellings(columns: Sequence[Column], names: Sequence[str], what: str, *, told: bool) -> None:
    """Without its patients, a split would leak: a column that is nearly one that would be read is not passed over."""
    present = {canonical_name(name) for name in names}
    known = {canonical_name(column.name): column.name for column in columns}
    absent = {canonical: name for canonical, name in known.items() if canonical not in present}
    for name in dict.fromkeys(names):
        close = difflib.get_close_matches(canonical_name(name), absent, n=1, cutoff=_LIKENESS_OF_MISSPELLINGS)
        if close:
            column = f"the column {name!r}" if told else "a column"
            raise DataError(
                f"{what} has {column}, which is not read{did_you_mean([absent[close[0]]])} "
                "Rename it, or, where it means something else, give it a name that is less alike."
            )
