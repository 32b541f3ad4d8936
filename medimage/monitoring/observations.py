"""Many images as a table: what a model said of each, without anything that names an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.columns import COLUMNS, COORDINATES, Column, coordinate_name

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class Observations:
    """Rows of `COLUMNS`, and what else is needed to compare them.

    Attributes:
        columns: Values by column: float64, shape [images], NaN where a row has none; or names, as text, where shares
            are compared. A column that no row has a value of is left out.
        probabilities: Probability of each class, float64, shape [images, classes].
        classes: The classes.
    """

    columns: dict[str, NDArray[np.float64] | NDArray[np.str_]]
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        rows = len(self.probabilities)
        if self.probabilities.shape != (rows, len(self.classes)):
            raise ValueError(
                f"Expected a probability of each of {len(self.classes)} classes but got {self.probabilities.shape}"
            )
        for column in COLUMNS:
            values = self.columns.get(column.name)
            if values is None:
                continue
            kind = "U" if column.is_share else "f"
            if values.shape != (rows,) or values.dtype.kind != kind:
                raise ValueError(
                    f"Expected {rows} values of kind {kind} in {column.name} but got {values.dtype} {values.shape}"
                )
        unknown = set(self.columns) - {column.name for column in COLUMNS}
        if unknown:
            raise ValueError(f"Expected the columns of a log but got {sorted(unknown)}")

    def __len__(self) -> int:
        return len(self.probabilities)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Returns a column of numbers, NaN where a row has none.

        Raises:
            KeyError: If no row has a value of it.
        """
        return self.columns[name].astype(np.float64, copy=False)

    def names(self, name: str) -> NDArray[np.str_]:
        """Returns a column of names.

        Raises:
            KeyError: If no row has a value of it.
        """
        return self.columns[name].astype(np.str_, copy=False)

    def chosen(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Observations:
        """Returns some of the rows."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Observations(columns=columns, probabilities=self.probabilities[rows], classes=self.classes)

    def in_common(self, other: Observations) -> tuple[Column, ...]:
        """Returns the columns that both have and that are compared each for itself, in their order."""
        return tuple(
            column
            for column in COLUMNS
            if column.is_compared_alone and column.name in self.columns and column.name in other.columns
        )

    def coordinates_in_common(self, other: Observations) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Returns the coordinates of embeddings that both have, each float64, shape [images, coordinates].

        A coordinate that is not known is NaN. None where there is no coordinate that both have.
        """
        names = [
            name
            for name in (coordinate_name(number + 1) for number in range(COORDINATES))
            if name in self.columns and name in other.columns
        ]
        if not names:
            return None
        mine, others = (np.stack([table.numbers(name) for name in names], axis=1) for table in (self, other))
        return mine, others

    def to_frame(self) -> pd.DataFrame:
        """Returns the columns as a table, without the probabilities."""
        import pandas as pd  # noqa: PLC0415 - it takes a second, which most callers need not wait

        return pd.DataFrame(
            {column.name: self.columns[column.name] for column in COLUMNS if column.name in self.columns}
        )
