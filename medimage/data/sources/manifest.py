"""A CSV beside the images that says what they are and whose they are."""

import csv
from dataclasses import dataclass
from pathlib import Path

from medimage.errors import DataError

MANIFEST_NAME = "MANIFEST.csv"
_KNOWN_COLUMNS = ("file", "label", "patient_id", "source", "split")


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

    Args:
        path: The CSV; UTF-8, with or without a byte order mark.
        root: Folder that the column `file` is relative to.

    Raises:
        DataError: If it is not UTF-8 CSV with a column `file`, names a file twice, or names absent files.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            if "file" not in columns:
                raise DataError(
                    f"The manifest {path} needs a column 'file' but has {columns}. Expected a comma-separated "
                    f"header with 'file' and any of {', '.join(_KNOWN_COLUMNS[1:])}."
                )
            entries: dict[str, ManifestEntry] = {}
            for row in reader:
                cells = {name: (row.get(name) or "").strip() for name in _KNOWN_COLUMNS}
                name = cells["file"].replace("\\", "/").removeprefix("./")
                if name in entries:
                    raise DataError(f"The manifest {path} names {name!r} twice, again in line {reader.line_num}.")
                entries[name] = ManifestEntry(cells["label"], cells["patient_id"], cells["source"], cells["split"])
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"The manifest {path} cannot be read as UTF-8 CSV: {error}.") from error
    absent = [name for name in entries if not (root / name).is_file()]
    if absent:
        shown = ", ".join(repr(name) for name in absent[:5])
        raise DataError(
            f"The manifest {path} names {len(absent)} of {len(entries)} files that are not below {root}: {shown}"
            f"{', …' if len(absent) > 5 else ''}. Add the files, remove the rows, or set data.manifest: none."
        )
    return entries
