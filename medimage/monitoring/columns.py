"""The columns that are compared: what a row of the prediction log tells of one image, and no more."""

from dataclasses import dataclass
from enum import StrEnum

from medimage.serving.quality.quality_warning import WarningKind


class Aspect(StrEnum):
    """What a column tells of."""

    SIZE = "size"
    INTENSITY = "intensity"
    EMBEDDING = "embedding"
    ANSWER = "answer"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: Its name in tables and reports.
        aspect: What it tells of.
        is_share: Whether it holds names, whose shares are compared; numbers otherwise.
        is_compared_alone: Whether it is compared for itself; otherwise only together with others.
    """

    name: str
    aspect: Aspect
    is_share: bool = False
    is_compared_alone: bool = True


WIDTH, HEIGHT = "width", "height"
MEAN, STANDARD_DEVIATION, SHARPNESS = "mean", "standard_deviation", "sharpness"
HISTOGRAM_DISTANCE, EMBEDDING_DISTANCE = "histogram_distance", "embedding_distance"
LABEL, CONFIDENCE, ABSTAINED = "label", "confidence", "abstained"

YES, NO = "yes", "no"
"""What a column of one answer out of two holds."""

COORDINATES = 32
"""Coordinates of an embedding that are kept, along the leading directions of the training images' embeddings."""

_COORDINATES_ALONE = 4
"""Those of them that are compared each for itself; all of them are compared together."""

EMBEDDING = "embedding"
"""What the comparison of all coordinates together is called; no column is."""


def coordinate_name(number: int) -> str:
    """Returns the name of a coordinate of embeddings, counted from 1."""
    return f"embedding_{number}"


def warning_name(kind: WarningKind) -> str:
    """Returns the name of the column of a warning."""
    return f"warning_{kind.value}"


COLUMNS: tuple[Column, ...] = (
    Column(name=WIDTH, aspect=Aspect.SIZE),
    Column(name=HEIGHT, aspect=Aspect.SIZE),
    Column(name=MEAN, aspect=Aspect.INTENSITY),
    Column(name=STANDARD_DEVIATION, aspect=Aspect.INTENSITY),
    Column(name=SHARPNESS, aspect=Aspect.INTENSITY),
    Column(name=HISTOGRAM_DISTANCE, aspect=Aspect.INTENSITY),
    Column(name=EMBEDDING_DISTANCE, aspect=Aspect.EMBEDDING),
    *(
        Column(
            name=coordinate_name(number + 1),
            aspect=Aspect.EMBEDDING,
            is_compared_alone=number < _COORDINATES_ALONE,
        )
        for number in range(COORDINATES)
    ),
    Column(name=CONFIDENCE, aspect=Aspect.ANSWER),
    Column(name=LABEL, aspect=Aspect.ANSWER, is_share=True),
    Column(name=ABSTAINED, aspect=Aspect.ANSWER, is_share=True),
    *(Column(name=warning_name(kind), aspect=Aspect.WARNING, is_share=True) for kind in WarningKind),
)
"""All columns, in the order in which they are told. What a model does not give is missing in each of its rows."""

COLUMN_OF = {column.name: column for column in COLUMNS}
"""The columns by name."""
