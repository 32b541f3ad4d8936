"""One row of the prediction log."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, ValidationInfo

from medimage.serving.line_log.read_row import read_row

LOG_SCHEMA = 2
"""Version of the row's fields; it rises when a field changes its meaning or goes away."""

_EMBEDDING_AS_LIST = 1
"""The version in which an embedding was a list of numbers. Its rows are read as well."""

EMBEDDING_NUMBERS = np.dtype("<f4")
"""What an embedding is logged as, in base64: a list of numbers takes ten times as long to write and to read."""


def _embedding_of_row(value: object, of_line: ValidationInfo) -> object:
    """Returns the bytes of an embedding as a row has it; None as it is."""
    if value is None:
        return None
    if of_line.context == _EMBEDDING_AS_LIST:
        return np.array(value, dtype=EMBEDDING_NUMBERS).tobytes()
    if not isinstance(value, str):
        raise ValueError(f"Expected an embedding in base64 but got {type(value).__name__}")
    return base64.b64decode(value, validate=True)


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
        sharpness: Mean absolute difference of neighbouring pixels that the network saw, in gray levels; None in rows of
            before it was measured.
    """

    sha256: str
    width: int
    height: int
    mean: float
    standard_deviation: float
    histogram_distance: float | None
    embedding_distance: float | None = None
    sharpness: float | None = None


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
        embedding: What the network made of the image before its last layer, in `EMBEDDING_NUMBERS`; None where the
            graph does not give it.
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
    embedding: Annotated[bytes | None, BeforeValidator(_embedding_of_row)] = None

    def __post_init__(self) -> None:
        if self.time.utcoffset() is None:
            raise ValueError(f"Expected a time with its zone but got {self.time}")
        if self.label not in self.probabilities:
            raise ValueError(f"Expected a label among {list(self.probabilities)} but got {self.label!r}")
        if len(self.embedding or b"") % EMBEDDING_NUMBERS.itemsize:
            raise ValueError(f"Expected an embedding of whole numbers of 4 bytes but got {len(self.embedding or b'')}")

    @property
    def embedding_numbers(self) -> NDArray[np.float32] | None:
        """The embedding as float32, shape [width]; read-only."""
        return None if self.embedding is None else np.frombuffer(self.embedding, dtype=EMBEDDING_NUMBERS)

    def to_json(self) -> str:
        """Returns the row as one line of JSON, without the line's end."""
        # `asdict` would copy every value deeply, which takes longer than all else about a row.
        values = {
            **vars(self),
            "model": vars(self.model),
            "image": vars(self.image),
            "schema": LOG_SCHEMA,
            "time": self.time.astimezone(UTC).isoformat(),
            "embedding": None if self.embedding is None else base64.b64encode(self.embedding).decode("ascii"),
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
        return read_row(line, cls, schemas=(_EMBEDDING_AS_LIST, LOG_SCHEMA))
