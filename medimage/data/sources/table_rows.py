"""What a table says of images, each row brought to the file that it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from medimage.config.metadata import MetadataColumns
from medimage.config.suggestions import did_you_mean, nearest_names, nearest_paths
from medimage.config.table import TableConfig
from medimage.data.sources.csv_header import Column, columns_of_metadata
from medimage.data.sources.csv_rows import CsvRow, merge_duplicates, read_rows
from medimage.data.sources.image_index import ImageIndex
from medimage.data.sources.manifest import MANIFEST_NAME
from medimage.data.sources.split_names import given_split
from medimage.data.sources.suffixes import IMAGE_SUFFIXES
from medimage.data.sources.whole_paths import advice_on_whole_paths
from medimage.errors import ConfigurationError, DataError
from medimage.wording import listed, shortened

_SHOWN = 5
"""Names in a message: enough to see what they have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableImage:
    """An image that is there, with its row.

    Attributes:
        name: Path of the file below the folder of the data.
        line: Line of the table.
        found_label: Class as written.
        group: Patient, lesion or study; empty where the cell is or no column is named.
        origin: Hospital, scanner or collection; likewise.
        split: `train`, `validation` or `test`; likewise.
        metadata: What is written in the columns of metadata, in the order of the configuration.
    """

    name: str
    line: int
    found_label: str
    group: str
    origin: str
    split: str
    metadata: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableRows:
    """The rows of a table, each image once.

    Attributes:
        images: Images that are there, sorted by name.
        absent: Images that are not: as the table names them, with the line.
        absent_labels: What is written as their classes.
    """

    images: tuple[TableImage, ...]
    absent: tuple[tuple[str, int], ...]
    absent_labels: frozenset[str]


def find_table(root: Path, config: TableConfig) -> Path:
    """Returns the table that is named, else MANIFEST.csv, else the only CSV directly in the folder of the data.

    Raises:
        ConfigurationError: If there is none, or several that could be meant.
    """
    if config.file is not None:
        path = root / config.file
        if not path.is_file():
            raise ConfigurationError(
                f"data.table.file: there is no file {path.absolute()}{did_you_mean(nearest_paths(path)) or '.'}"
            )
        return path
    if not root.is_dir():
        raise ConfigurationError(
            f"data.path must be the folder with the table and the images, but {root.absolute()} is "
            f"{'a file' if root.exists() else 'not there'}."
        )
    found = sorted(path.name for path in root.iterdir() if path.suffix.lower() == ".csv" and path.is_file())
    found = [name for name in found if not name.startswith(".")]
    if MANIFEST_NAME in found:
        return root / MANIFEST_NAME
    if len(found) != 1:
        raise ConfigurationError(
            f"Expected one CSV directly in {root.absolute()} but found {found or 'none'}: name it with data.table.file."
        )
    return root / found[0]


def image_folders(root: Path, config: TableConfig) -> tuple[str, ...]:
    """Returns what the names of the images that are used begin with: folders with a slash, or nothing.

    Raises:
        ConfigurationError: If a folder is not there.
    """
    for name in config.images:
        folder = root / name
        if not folder.is_dir():
            inside = [path.name for path in folder.parent.iterdir()] if folder.parent.is_dir() else []
            raise ConfigurationError(
                f"data.table.images: there is no folder {name!r} in {root.absolute()}"
                f"{did_you_mean(nearest_names(folder.name, inside)) or '.'}"
            )
    below = (PurePosixPath(name).as_posix() for name in config.images)
    return tuple("" if folder == "." else f"{folder}/" for folder in below) or ("",)


def read_table(
    path: Path, config: TableConfig, *, images: Sequence[str], metadata: MetadataColumns | None = None
) -> TableRows:
    """Reads a table and finds the image of every row.

    Args:
        path: The CSV.
        config: Which columns to read, and what to do about rows without an image.
        images: Names of the images that rows can mean.
        metadata: Further columns to read, by what they say; none when not given.

    Raises:
        DataError: If the table cannot be read for certain, names no image or one of several in a row, or says two
            things of one image; if images are not there, unless those rows are to be skipped.
    """
    what = f"The table {path}"
    others = {
        "group_column": config.group_column,
        "origin_column": config.origin_column,
        "split_column": config.split_column,
    }
    columns = [Column(name, setting=f"data.table.{setting}") for setting, name in config.columns.items()]
    columns += columns_of_metadata(metadata or {})
    index = ImageIndex(images)
    present: list[CsvRow] = []
    absent: list[CsvRow] = []
    for row in read_rows(path, columns=columns, kind="table"):
        if not row.cells[0]:
            raise DataError(f"{what} names no image in line {row.line}: its {config.image_column!r} is empty.")
        name = index.find(row.cells[0], where=f"{what} names in line {row.line}")
        (absent if name is None else present).append(CsvRow(row.line, (name or row.cells[0], *row.cells[1:])))
    if absent and (config.missing == "refuse" or not present):
        raise DataError(_why_absent(what, config, absent, images=images, rows=len(absent) + len(present)))
    found = []
    for line, (name, label, *more) in merge_duplicates(present, what=what):
        cells = iter(more)
        group, origin, split = (next(cells) if column is not None else "" for column in others.values())
        part = given_split(split, where=f"{what} gives {name!r} in line {line}")
        found.append(
            TableImage(
                name=name, line=line, found_label=label, group=group, origin=origin, split=part, metadata=tuple(cells)
            )
        )
    return TableRows(
        images=tuple(sorted(found, key=lambda image: image.name)),
        absent=tuple((row.cells[0], row.line) for row in merge_duplicates(absent, what=what)),
        absent_labels=frozenset(row.cells[1] for row in absent),
    )


def _why_absent(what: str, config: TableConfig, absent: list[CsvRow], *, images: Sequence[str], rows: int) -> str:
    shown = listed([f"{shortened(row.cells[0])!r} (line {row.line})" for row in absent], most=_SHOWN)
    where = f"in {listed([*map(repr, config.images)], word='or')}" if config.images else "beside it"
    suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
    advice = advice_on_whole_paths(row.cells[0] for row in absent)
    example = f"; an image there is {images[0]!r}" if images else f", where no file ends in {suffixes}"
    return (
        f"{what} names {len(absent)} images of {rows} that are not {where}: {shown}"
        f"{example}.{advice} Add them; or correct data.table.image_column, which is "
        f"{config.image_column!r}, or data.table.images; or skip those rows with data.table.missing: skip."
    )
