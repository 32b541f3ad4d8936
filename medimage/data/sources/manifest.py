"""A CSV beside the images that says what they are and whose they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from medimage.data.sources.csv_rows import Column, CsvRow, merge_duplicates, read_rows
from medimage.data.sources.files_below import comparable_name
from medimage.errors import DataError

MANIFEST_NAME = "MANIFEST.csv"
_COLUMNS = (
    Column("file"),
    *(Column(name, required=False) for name in ("label", "patient_id", "source", "split")),
)


@dataclass(frozen=True)
class ManifestEntry:
    """One row of a manifest; empty where a cell or its column is missing.

    Attributes:
        label: Class name as written.
        patient_id: Patient, lesion or study.
        source: Hospital, scanner or collection.
        split: Part of the given split, as written.
    """

    label: str
    patient_id: str
    source: str
    split: str


def read_manifest(path: Path, *, root: Path, files: Iterable[str]) -> dict[str, ManifestEntry]:
    """Reads a manifest: file name relative to `root` → entry.

    Case, spaces, `-` and `_` in the names of columns do not matter. Other columns are left alone, unless their name
    looks like a misspelling of one that is read: without its patients, a split would leak.

    Args:
        path: The CSV; UTF-8, with or without a byte order mark.
        root: Folder that the column `file` is relative to.
        files: Names of the files that lie below it.

    Raises:
        DataError: If it is not UTF-8 CSV with a column `file` and rows, has a column twice or misspelt, says two things
            of one file, or names absent files.
    """
    present = {comparable_name(name): name for name in files}
    rows = (_with_comparable_name(row) for row in read_rows(path, columns=_COLUMNS, kind="manifest"))
    merged = merge_duplicates(rows, what=f"The manifest {path}")
    absent = [row.cells[0] for row in merged if row.cells[0] not in present]
    if absent:
        shown = ", ".join(repr(name) for name in absent[:5])
        raise DataError(
            f"The manifest {path} names {len(absent)} of {len(merged)} files that are not below {root}: {shown}"
            f"{', …' if len(absent) > 5 else ''}. Add the files, remove the rows, or set data.manifest: none."
        )
    return {present[row.cells[0]]: ManifestEntry(*row.cells[1:]) for row in merged}


def _with_comparable_name(row: CsvRow) -> CsvRow:
    return CsvRow(row.line, (comparable_name(row.cells[0]), *row.cells[1:]))
