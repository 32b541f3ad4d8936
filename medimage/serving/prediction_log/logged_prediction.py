"""One row of the prediction log."""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

LOG_SCHEMA = 1
"""Version of the row's fields; it rises when a field changes its meaning or goes away."""


@dataclass(frozen=True, kw_only=True)
class LoggedModel:
    """Which model answered.

    Attributes:
        name: Registered model.
        version: Its version.
        sha256: SHA-256 of the ONNX graph, in hexadecimal.
    """

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class LoggedImage:
    """What is kept of an image: no pixel.

    Attributes:
        sha256: SHA-256 of the file as it was sent, in hexadecimal. Who has the file can find its row by it.
        width: Width of the decoded image, in pixels.
        height: Its height.
        mean: Mean of the pixels that the network saw, in gray levels from 0 to 255.
        standard_deviation: Their standard deviation, in gray levels.
        histogram_distance: How far its gray levels are from those of the training images, in gray levels; None where
            the model does not take those with it.
        embedding_distance: How far its embedding is from those of the training images, in standard deviations; None
            likewise.
    """

    sha256: str
    width: int
    height: int
    mean: float
    standard_deviation: float
    histogram_distance: float | None
    embedding_distance: float | None = None


@dataclass(frozen=True, kw_only=True)
class LoggedPrediction:
    """One row.

    Attributes:
        prediction_id: Names the answer; the caller has it as well, for feedback.
        time: When it was answered, in UTC.
        model: Which model answered.
        image: What is kept of the image.
        label: The most probable class.
        probabilities: Calibrated probability of each class.
        positive: Classes at or above their operating points, the most probable first.
        abstained: Whether the answer was too unsure; None where no rule was fitted.
        conformal_set: Classes that cannot be excluded; None where no sets were fitted.
        warnings: Kinds of warnings about the image.
        caller: Name of the token that the request came with; None without tokens.
        file_name: Name of the file as it was sent; None unless that is switched on.
        embedding: What the network made of the image before its last layer; None where the graph does not give it.
    """

    prediction_id: str
    time: datetime
    model: LoggedModel
    image: LoggedImage
    label: str
    probabilities: dict[str, float]
    positive: tuple[str, ...]
    abstained: bool | None
    conformal_set: tuple[str, ...] | None
    warnings: tuple[str, ...]
    caller: str | None = None
    file_name: str | None = None
    embedding: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.time.utcoffset() is None:
            raise ValueError(f"Expected a time with its zone but got {self.time}")
        if self.label not in self.probabilities:
            raise ValueError(f"Expected a label among {list(self.probabilities)} but got {self.label!r}")

    def to_json(self) -> str:
        """Returns the row as one line of JSON, without the line's end."""
        # `asdict` would copy each of the embedding's numbers by itself, which takes longer than all else about a row.
        values = {
            **vars(self),
            "model": vars(self.model),
            "image": vars(self.image),
            "schema": LOG_SCHEMA,
            "time": self.time.astimezone(UTC).isoformat(),
        }
        # ASCII keeps line separators of Unicode, and anything that is no text, out of the file.
        return json.dumps(values, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Reads what `to_json` gave.

        Fields that a later version added are left out, and those that an earlier one had not are as by default.

        Raises:
            ValueError: If the line is not such a row, for instance because it was torn.
        """
        values = json.loads(line)
        try:
            if values["schema"] != LOG_SCHEMA:
                raise ValueError(f"Expected a row of schema {LOG_SCHEMA} but got {values['schema']!r}")
            known = _known(values, cls)
            known["model"] = LoggedModel(**_known(known["model"], LoggedModel))
            known["image"] = LoggedImage(**_known(known["image"], LoggedImage))
            known["time"] = datetime.fromisoformat(known["time"])
            for name in ("positive", "conformal_set", "warnings", "embedding"):
                if known.get(name) is not None:
                    known[name] = tuple(known[name])
            return cls(**known)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"Expected a row of the prediction log but got something else: {error!r}") from error


def _known(values: dict[str, Any], row: type) -> dict[str, Any]:
    return {field.name: values[field.name] for field in fields(row) if field.name in values}
