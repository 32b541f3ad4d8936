"""A CSV that gives DICOM files their class."""

from dataclasses import dataclass
from pathlib import Path

from medimage.config.dicom import DicomConfig
from medimage.data.sources.csv_header import Column
from medimage.data.sources.csv_rows import read_rows
from medimage.data.sources.file_names import comparable_name
from medimage.data.sources.split_names import given_split
from medimage.errors import DataError


@dataclass(frozen=True)
class LabelRow:
    """What a row says.

    Attributes:
        label: Class name as written.
        split: `train`, `validation` or `test`; empty where the row does not say.
        line: Line in the CSV, to name it without the identifier in it.
    """

    label: str
    split: str
    line: int


def read_label_table(path: Path, config: DicomConfig) -> dict[str, LabelRow]:
    """Reads a label table: path or identifier → what its row says.

    Messages name lines and not what stands in them: identifiers would get into logs.

    Raises:
        DataError: If the table cannot be read, or says different things about one path or identifier.
    """
    columns = [
        Column(config.key_column or config.table_key, setting="data.dicom.key_column"),
        Column(config.label_column, setting="data.dicom.label_column"),
    ]
    if config.split_column is not None:
        columns.append(Column(config.split_column, setting="data.dicom.split_column"))
    rows: dict[str, LabelRow] = {}
    for line, (key, label, *split) in read_rows(path, columns=columns, kind="label table", cells_told=False):
        if not key:
            raise DataError(f"The label table {path} has no {columns[0].name} in line {line}. Fill it in or remove it.")
        where = f"The label table {path} gives in line {line}"
        part = given_split(split[0], where=where, told=False) if split else ""
        row = LabelRow(label, part, line)
        first = rows.setdefault(comparable_name(key) if config.table_key == "path" else key, row)
        if (first.label, first.split) != (row.label, row.split):
            raise DataError(
                f"The label table {path} says different things about one {columns[0].name}, in line {first.line} and "
                f"in line {line}. Remove the row that is wrong."
            )
    return rows
