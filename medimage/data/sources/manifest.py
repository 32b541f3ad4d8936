"""A CSV beside the images that says what they are and whose they are."""

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.config.class_names import canonical_name
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.errors import DataError

MANIFEST_NAME = "MANIFEST.csv"
_KNOWN_COLUMNS = {canonical_name(name): name for name in ("file", "label", "patient_id", "source", "split")}
_LIKENESS_OF_MISSPELLINGS = 0.76
"""`patient`, `patient_no` and `lable` are as like a known column as this; `patient_age` and `data_source` are not."""


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


def read_manifest(path: Path, *, root: Path) -> dict[str, ManifestEntry]:
    """Reads a manifest: file name relative to `root` → entry.

    Case, spaces, `-` and `_` in the names of columns do not matter. Other columns are left alone, unless their name
    looks like a misspelling of one that is read: without its patients, a split would leak.

    Args:
        path: The CSV; UTF-8, with or without a byte order mark.
        root: Folder that the column `file` is relative to.

    Raises:
        DataError: If it is not UTF-8 CSV with a column `file`, has a column twice or misspelt, names a file twice, or
            names absent files.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            reader.fieldnames = _columns(path, [name.strip() for name in reader.fieldnames or []])
            entries: dict[str, ManifestEntry] = {}
            for row in reader:
                if None in row or None in row.values():
                    # One comma too many or too few, and a cell may stand under another column's name.
                    raise DataError(
                        f"The manifest {path} has another number of cells in line {reader.line_num} than its header, "
                        f"which has {len(reader.fieldnames)}. A comma inside a cell needs quotes around the cell."
                    )
                cells = {name: (row.get(name) or "").strip() for name in _KNOWN_COLUMNS.values()}
                name = cells["file"].replace("\\", "/").removeprefix("./")
                if name in entries:
                    raise DataError(f"The manifest {path} names {name!r} twice, again in line {reader.line_num}.")
                entries[name] = ManifestEntry(cells["label"], cells["patient_id"], cells["source"], cells["split"])
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"The manifest {path} cannot be read as UTF-8 CSV: {error}.") from error
    absent = [name for name in entries if ".." in name.split("/") or not (root / name).is_file()]
    if absent:
        shown = ", ".join(repr(name) for name in absent[:5])
        raise DataError(
            f"The manifest {path} names {len(absent)} of {len(entries)} files that are not below {root}: {shown}"
            f"{', …' if len(absent) > 5 else ''}. Add the files, remove the rows, or set data.manifest: none."
        )
    return entries


def _columns(path: Path, written: Sequence[str]) -> list[str]:
    """Returns the names of the columns, those that are read in their own spelling."""
    columns = [_KNOWN_COLUMNS.get(canonical_name(name), name) for name in written]
    if "file" not in columns:
        hint = did_you_mean(nearest_names("file", written)) or "."
        raise DataError(
            f"The manifest {path} needs a column 'file' but has {list(written)}{hint} Expected a comma-separated "
            f"header with 'file' and any of {', '.join(name for name in _KNOWN_COLUMNS.values() if name != 'file')}."
        )
    absent = {canonical: name for canonical, name in _KNOWN_COLUMNS.items() if name not in columns}
    for name in _KNOWN_COLUMNS.values():
        if columns.count(name) > 1:
            raise DataError(f"The manifest {path} has the column {name!r} more than once: {list(written)}.")
    for name in columns:
        close = difflib.get_close_matches(canonical_name(name), absent, n=1, cutoff=_LIKENESS_OF_MISSPELLINGS)
        if close:
            raise DataError(
                f"The manifest {path} has the column {name!r}, which is not read{did_you_mean([absent[close[0]]])} "
                "Rename it, or, where it means something else, give it a name that is less alike."
            )
    return columns
