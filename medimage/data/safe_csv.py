"""Writing tables as CSV that every program reads back, and that no spreadsheet runs."""

import csv
import io
from collections.abc import Collection

import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets run a cell that begins so as a formula, quoted or not (OWASP, CSV injection)."""


def safe_csv(rows: pd.DataFrame, *, paths: Collection[str] = ()) -> bytes:
    """Writes rows as UTF-8 CSV (RFC 4180, but with line feeds) that no spreadsheet takes for formulas.

    Text that begins like a formula gets an apostrophe before it, a path `./`, with which it stays a path. Numbers are
    written as they are; what is missing is empty.

    Args:
        rows: The rows; their index is not written.
        paths: The columns that hold paths.
    """
    buffer = io.StringIO(newline="")
    plain = csv.writer(buffer, lineterminator="\n")
    # A carriage return is quoted by none but this one, and would end the row.
    quoted = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(rows.columns)
    marks = ["./" if column in paths else "'" for column in rows.columns]
    for row in rows.astype(object).where(rows.notna(), "").itertuples(index=False):
        cells = [_safe(cell, before=mark) for cell, mark in zip(row, marks, strict=True)]
        (quoted if any(isinstance(cell, str) and "\r" in cell for cell in cells) else plain).writerow(cells)
    # A file name that is not UTF-8 reaches Python as lone surrogates.
    return buffer.getvalue().encode("utf-8", errors="backslashreplace")


def _safe(cell: object, *, before: str) -> object:
    return before + cell if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
