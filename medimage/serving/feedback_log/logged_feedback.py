"""One row of the feedback log."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Self

from medimage.serving.line_log.read_row import read_row
from medimage.serving.prediction_log.logged_prediction import LoggedModel

FEEDBACK_SCHEMA = 1
"""Version of the row's fields; it rises when a field changes its meaning or goes away."""


@dataclass(frozen=True, kw_only=True)
class LoggedFeedback:
    """One row: no pixel and no free text, which could name a patient.

    Attributes:
        prediction_id: Names the answer that it is about, as in the prediction log.
        time: When it was given, in UTC.
        model: The model that runs where it was given.
        agrees: Whether the person takes the answer's most probable class for the right one.
        label: The right class where the person disagrees; None where it is none of the model's classes, and where the
            person agrees, as the prediction log has the label then.
        caller: Name of the token that it came with; None without tokens.
    """

    prediction_id: str
    time: datetime
    model: LoggedModel
    agrees: bool
    label: str | None
    caller: str | None = None

    def __post_init__(self) -> None:
        if self.time.utcoffset() is None:
            raise ValueError(f"Expected a time with its zone but got {self.time}")
        if self.agrees and self.label is not None:
            raise ValueError(f"Expected no label of a person who agrees but got {self.label!r}")

    def to_json(self) -> str:
        """Returns the row as one line of JSON, without the line's end."""
        values = {**asdict(self), "schema": FEEDBACK_SCHEMA, "time": self.time.astimezone(UTC).isoformat()}
        # ASCII keeps line separators of Unicode, and anything that is no text, out of the file.
        return json.dumps(values, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Reads what `to_json` gave; fields that a later version added are left out.

        Raises:
            ValueError: If the line is not such a row, for instance because it was torn.
        """
        return read_row(line, cls, schemas=(FEEDBACK_SCHEMA,))
