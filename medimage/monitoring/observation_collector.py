"""Gathers rows of the prediction log into a table, row by row, in little memory."""

import math
from array import array

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.columns import (
    ABSTAINED,
    COLUMNS,
    CONFIDENCE,
    COORDINATES,
    EMBEDDING_DISTANCE,
    HEIGHT,
    HISTOGRAM_DISTANCE,
    LABEL,
    MEAN,
    NO,
    SHARPNESS,
    STANDARD_DEVIATION,
    WIDTH,
    YES,
    coordinate_name,
    warning_name,
)
from medimage.monitoring.embedding_projection import EmbeddingProjection
from medimage.monitoring.observations import Observations
from medimage.serving.prediction_log.logged_prediction import LoggedPrediction
from medimage.serving.quality.quality_warning import WarningKind

_PROJECTED_AT_ONCE = 1024
_NUMBERS = (
    WIDTH, HEIGHT, MEAN, STANDARD_DEVIATION, SHARPNESS, HISTOGRAM_DISTANCE, EMBEDDING_DISTANCE, CONFIDENCE,
)  # fmt: skip
_UNKNOWN, _NO, _YES = -1, 0, 1
_WARNINGS = tuple(kind.value for kind in WarningKind)


class ObservationCollector:
    """Keeps of each row what is compared; an embedding becomes its coordinates and is forgotten.

    Args:
        classes: Classes of the model, in its order.
        projection: What gives coordinates; None where there are none to compare with.
    """

    def __init__(self, *, classes: tuple[str, ...], projection: EmbeddingProjection | None) -> None:
        self._classes, self._projection = classes, projection
        self._numbers = {name: array("d") for name in _NUMBERS}
        self._labels, self._abstained = array("l"), array("b")
        self._warnings = {name: array("b") for name in _WARNINGS}
        self._probabilities = array("d")
        self._coordinates: list[NDArray[np.float64]] = []
        self._waiting: list[NDArray[np.float32] | None] = []

    def __len__(self) -> int:
        return len(self._labels)

    def add(self, row: LoggedPrediction) -> None:
        """Takes one row.

        Raises:
            KeyError: If the row is of other classes.
        """
        image = row.image
        contrast = image.standard_deviation
        # What a stronger contrast does to every difference is not sharpness.
        sharpness = image.sharpness / contrast if image.sharpness is not None and contrast > 0 else None
        values = (
            image.width,
            image.height,
            image.mean,
            contrast,
            sharpness,
            image.histogram_distance,
            image.embedding_distance,
            row.probabilities[row.label],
        )
        probabilities = [row.probabilities[name] for name in self._classes]
        label = self._classes.index(row.label) if row.label in self._classes else None
        if label is None:
            raise KeyError(row.label)
        for name, value in zip(_NUMBERS, values, strict=True):
            self._numbers[name].append(math.nan if value is None else value)
        self._probabilities.extend(probabilities)
        self._labels.append(label)
        self._abstained.append(_UNKNOWN if row.abstained is None else _YES if row.abstained else _NO)
        for name, found in self._warnings.items():
            found.append(_YES if name in row.warnings else _NO)
        self._waiting.append(row.embedding_numbers)
        if len(self._waiting) == _PROJECTED_AT_ONCE:
            self._project()

    def observations(self, order: NDArray[np.int64] | None = None) -> Observations:
        """Returns the rows as a table.

        Args:
            order: Places of the rows to give, in the order to give them in; all as they came when not given.
        """
        self._project()
        rows = len(self)
        columns: dict[str, NDArray[np.float64] | NDArray[np.str_]] = {
            name: np.array(values, dtype=np.float64) for name, values in self._numbers.items()
        }
        coordinates = np.concatenate([np.empty((0, COORDINATES)), *self._coordinates])
        columns |= {coordinate_name(number + 1): coordinates[:, number] for number in range(COORDINATES)}
        columns[LABEL] = _named(np.array(self._labels, dtype=np.int64), self._classes)
        abstained = np.array(self._abstained, dtype=np.int8)
        if rows and (abstained != _UNKNOWN).all():
            columns[ABSTAINED] = _named(abstained, (NO, YES))
        columns |= {
            warning_name(WarningKind(name)): _named(np.array(found, dtype=np.int8), (NO, YES))
            for name, found in self._warnings.items()
        }
        probabilities = np.array(self._probabilities, dtype=np.float64).reshape(rows, len(self._classes))
        if order is not None:
            columns, probabilities = {name: values[order] for name, values in columns.items()}, probabilities[order]
        told = {
            column.name: columns[column.name]
            for column in COLUMNS
            if column.name in columns and (column.is_share or not np.isnan(columns[column.name].astype(float)).all())
        }
        return Observations(columns=told, probabilities=probabilities, classes=self._classes)

    def _project(self) -> None:
        """Turns the embeddings that wait into coordinates; NaN where there is none, or one of another width."""
        found = np.full((len(self._waiting), COORDINATES), np.nan)
        width = None if self._projection is None else self._projection.width
        usable = {
            place: embedding
            for place, embedding in enumerate(self._waiting)
            if embedding is not None and len(embedding) == width
        }
        if self._projection is not None and usable:
            coordinates = self._projection.coordinates(np.stack(list(usable.values())))
            found[list(usable), : coordinates.shape[1]] = coordinates
        self._coordinates.append(found)
        self._waiting.clear()


def _named(places: NDArray[np.int8] | NDArray[np.int64], names: tuple[str, ...]) -> NDArray[np.str_]:
    """Returns names by their places, in an array as wide as the longest one in it, whatever others there are."""
    return np.array([names[place] for place in places.tolist()], dtype=np.str_)
