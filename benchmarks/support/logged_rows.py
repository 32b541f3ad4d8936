"""What a prediction log holds after its writers were treated badly."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from medimage.serving.prediction_log.reader import read_prediction_log


@dataclass(frozen=True, kw_only=True)
class LoggedRows:
    """The rows of a log.

    Attributes:
        prediction_ids: What the readable rows are called, in order.
        torn: Lines that are no rows, a last one without its end among them.
    """

    prediction_ids: tuple[str, ...]
    torn: int

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads a log."""
        prediction_ids = tuple(row.prediction_id for row in read_prediction_log(folder))
        lines = 0
        for path in folder.iterdir():
            with path.open("rb") as file:
                lines += sum(1 for line in file if line.strip())
        return cls(prediction_ids=prediction_ids, torn=lines - len(prediction_ids))
