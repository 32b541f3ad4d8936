"""The answers on many files as a table, a row for each."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from medimage.data.safe_csv import safe_csv
from medimage.errors import ConfigurationError
from medimage.inference.image_answer import ImageAnswer
from medimage.whole_file import write_whole

_PROBABILITY, _POSITIVE = "probability_", "positive_"
FORMATS = (".csv", ".parquet")
"""What tables are written as, by the suffix of the file."""


@dataclass(frozen=True, kw_only=True)
class PredictionTable:
    """Answers on files, in their order.

    The columns are `file`, `sha256`, `label`, `confidence`, `abstained` (the label is too unsure to be an answer), for
    each class `probability_CLASS` and `positive_CLASS` (it reaches its operating point), and `refusal`. What is not
    known is null.

    Attributes:
        table: The rows.
        classes: Classes of the model, in its order.
    """

    table: pa.Table
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        expected = _schema(self.classes)
        if not self.table.schema.equals(expected):
            raise ValueError(f"Expected a table of the columns {expected.names} but got {self.table.schema.names}")

    @classmethod
    def of(cls, answers: Iterable[ImageAnswer], *, classes: Sequence[str]) -> Self:
        """Builds the table of answers by a model of these classes."""
        rows = [
            {
                "file": answer.name,
                "sha256": answer.sha256 or None,
                "label": answer.label or None,
                "confidence": answer.confidence,
                "abstained": answer.abstained,
                **{f"{_PROBABILITY}{name}": answer.probabilities.get(name) for name in classes},
                **{f"{_POSITIVE}{name}": answer.is_positive(name) for name in classes},
                "refusal": answer.refusal or None,
            }
            for answer in answers
        ]
        return cls(table=pa.Table.from_pylist(rows, schema=_schema(classes)), classes=tuple(classes))

    @classmethod
    def joined(cls, tables: Sequence[Self]) -> Self:
        """Puts tables of one model one below the other.

        Raises:
            ValueError: If there is none, or they are of different classes.
        """
        if len({each.classes for each in tables}) != 1:
            raise ValueError(f"Expected tables of the same classes but got {[each.classes for each in tables]}")
        # In one piece: what is written of it must not tell of how many it was made.
        together = pa.concat_tables([each.table for each in tables]).combine_chunks()
        return cls(table=together, classes=tables[0].classes)

    @classmethod
    def from_parquet(cls, content: bytes) -> Self:
        """Reads what `to_parquet` gave.

        Raises:
            ValueError: If it is something else.
        """
        table = pq.read_table(io.BytesIO(content))
        names = [name for name in table.schema.names if name.startswith(_PROBABILITY)]
        return cls(
            table=table.replace_schema_metadata(None), classes=tuple(n.removeprefix(_PROBABILITY) for n in names)
        )

    def to_parquet(self) -> bytes:
        """Returns the table as Parquet."""
        buffer = io.BytesIO()
        pq.write_table(self.table, buffer, compression="zstd")
        return buffer.getvalue()

    def to_csv(self) -> bytes:
        """Returns the table as CSV that no spreadsheet takes for formulas."""
        return safe_csv(self.table.to_pandas(), paths=("file",))

    def write(self, path: Path) -> None:
        """Writes the table as its suffix says, whole or not at all.

        Raises:
            ConfigurationError: If the suffix is none of `FORMATS`.
        """
        if path.suffix.lower() not in FORMATS:
            raise ConfigurationError(f"expected a file ending in {' or '.join(FORMATS)} but got {path.name}")
        write_whole(path, self.to_csv() if path.suffix.lower() == ".csv" else self.to_parquet())

    @property
    def answered(self) -> int:
        """Files that have an answer."""
        return len(self.table) - self.refused

    @property
    def refused(self) -> int:
        """Files that have none."""
        return self.table["refusal"].length() - self.table["refusal"].null_count

    def counts(self) -> dict[str, int]:
        """Returns how many files each class is the most probable one for."""
        found = {entry["values"]: entry["counts"] for entry in self.table["label"].value_counts().to_pylist()}
        return {name: found.get(name, 0) for name in self.classes}

    def refusals(self) -> list[tuple[str, str]]:
        """Returns file and reason of each that has no answer."""
        chosen: Any = self.table.filter(self.table["refusal"].is_valid())
        return list(zip(chosen["file"].to_pylist(), chosen["refusal"].to_pylist(), strict=True))


def _schema(classes: Sequence[str]) -> pa.Schema:
    return pa.schema(
        [
            ("file", pa.string()),
            ("sha256", pa.string()),
            ("label", pa.string()),
            ("confidence", pa.float64()),
            ("abstained", pa.bool_()),
            *((f"{_PROBABILITY}{name}", pa.float64()) for name in classes),
            *((f"{_POSITIVE}{name}", pa.bool_()) for name in classes),
            ("refusal", pa.string()),
        ]
    )
