"""A CSV beside the images that says what they are and whose they are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.config.metadata import MetadataColumns
from medimage.data.sources.csv_header import Column, columns_of_metadata
from medimage.data.sources.csv_rows import CsvRow, merge_duplicates, read_rows
from medimage.data.sources.file_names import comparable_name
from medimage.data.sources.whole_paths import advice_on_whole_paths
from medimage.errors import DataError
from medimage.wording import listed, shortened

MANIFEST_NAME = "MANIFEST.csv"
_COLUMNS = (
    Column("file"),
    *(Column(name, required=False) for name in ("label", "patient_id", "source", "split")),
)
_SHOWN = 5


@dataclass(frozen=True)
class ManifestEntry:
    """One row of a manifest; empty where a cell or its column is missing.

    Attributes:
        label: Class name as written.
        patient_id: Patient, lesion or study.
        source: Hospital, scanner or collection.
        split: Part of the given split, as written.
        metadata: What is written in the columns of metadata, in the order of the configuration.
    """

    label: str
    patient_id: str
    source: str
    split: str
    metadata: tuple[str, ...] = ()


def read_manifest(
    path: Path, *, root: Path, files: Iterable[str], metadata: MetadataColumns | None = None
) -> dict[str, ManifestEntry]:
    """Reads a manifest: file name relative to `root` → entry.

    A name as it is on disk wins over one that differs in backslashes or in how accents are composed. Case, spaces, `-`
    and `_` in the names of columns do not matter. Other columns are left alone, unless their name looks like a
    misspelling of one that is read: without its patients, a split would leak.

    Args:
        path: The CSV; UTF-8, with or without a byte order mark.
        root: Folder that the column `file` is relative to.
        files: Names of the files that lie below it.
        metadata: Further columns to read, which must be there, by what they say; none when not given.

    Raises:
        DataError: If it is not UTF-8 CSV with a column `file` and rows, has a column twice or misspelt, says two things
            of one file, or names absent files or one of several.
    """
    present = set(files)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in present:
        alike[comparable_name(name)].append(name)
    what = f"The manifest {path}"
    rows = (
        CsvRow(row.line, (_on_disk(row, present, alike, what), *row.cells[1:]))
        for row in read_rows(path, columns=(*_COLUMNS, *columns_of_metadata(metadata or {})), kind="manifest")
    )
    merged = merge_duplicates(rows, what=what)
    absent = [row.cells[0] for row in merged if row.cells[0] not in present]
    if absent:
        raise DataError(
            f"{what} names {len(absent)} of {len(merged)} files that are not below {root}: "
            f"{listed([repr(shortened(name)) for name in absent], most=_SHOWN)}.{advice_on_whole_paths(absent)} Add "
            "the files, remove the rows, or set data.manifest: none."
        )
    known = len(_COLUMNS)
    return {row.cells[0]: ManifestEntry(*row.cells[1:known], metadata=row.cells[known:]) for row in merged}


def _on_disk(row: CsvRow, present: Collection[str], alike: Mapping[str, Sequence[str]], what: str) -> str:
    """Returns the name of the one file that a row means; where there is none, the name as files are called."""
    written = row.cells[0]
    if (exact := written.removeprefix("./")) in present:
        return exact
    wanted = comparable_name(written)
    found = alike.get(wanted, [wanted])
    if len(found) > 1:
        raise DataError(
            f"{what} names {written!r} in line {row.line}, which may be any of {len(found)} files: "
            f"{listed(sorted(map(ascii, found)))}. Write the name exactly as it is on disk, or rename all but one."
        )
    return found[0]
