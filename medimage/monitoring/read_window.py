"""Reads the rows of one model from a prediction log, in memory that holds what is compared and no more."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.embedding_projection import EmbeddingProjection
from medimage.monitoring.observation_collector import ObservationCollector
from medimage.monitoring.window import LogNotes, LogWindow, WindowChoice, time_of
from medimage.serving.prediction_log.logged_prediction import LoggedPrediction

_TOLERATED_SECONDS = 1.0
"""Threads that answer side by side may log their rows in another order than they took the time."""


def read_window(
    files: Iterable[Iterable[LoggedPrediction]],
    *,
    sha256: str,
    classes: tuple[str, ...],
    projection: EmbeddingProjection | None,
    choice: WindowChoice | None = None,
) -> LogWindow:
    """Takes the rows of one graph, each image file once, sorted by time.

    A graph has one name and one version, so its SHA-256 alone tells whose row it is. Of rows on the very same image
    file, the latest counts: a caller that tries again, or a test of load, tells nothing new about the images.

    Args:
        files: Rows of each file of a log, as `read_prediction_log_files` gives them.
        sha256: SHA-256 of the graph.
        classes: Its classes, in its order.
        projection: Coordinates of embeddings, as the reference has them.
        choice: Which rows; all when not given.
    """
    reading = _Reading(
        sha256=sha256,
        choice=choice or WindowChoice(),
        collector=ObservationCollector(classes=classes, projection=projection),
    )
    for rows in files:
        reading.take_file(rows)
    return reading.window()


class _Reading:
    """What has been read so far."""

    def __init__(self, *, sha256: str, choice: WindowChoice, collector: ObservationCollector) -> None:
        self._sha256, self._choice, self._collector = sha256, choice, collector
        self._times, self._names, self._digests = array("d"), list[str](), list[bytes]()
        self._others = Counter[str]()
        self._read = self._outside = self._other_classes = self._backwards = 0
        self._step_back = 0.0

    def take_file(self, rows: Iterable[LoggedPrediction]) -> None:
        """Takes the rows of one file."""
        before = -math.inf
        for row in rows:
            self._read += 1
            if row.model.sha256 != self._sha256:
                self._others[f"{row.model.name} {row.model.version} {row.model.sha256[:12]}"] += 1
                continue
            now = row.time.timestamp()
            if before - now > _TOLERATED_SECONDS:
                self._backwards, self._step_back = self._backwards + 1, max(self._step_back, before - now)
            before = now
            if not self._choice.takes(row.time):
                self._outside += 1
                continue
            try:
                self._collector.add(row)
            except KeyError:
                self._other_classes += 1
                continue
            self._times.append(now)
            self._names.append(row.prediction_id)
            self._digests.append(row.image.sha256.encode())

    def window(self) -> LogWindow:
        """Returns the rows that are wanted."""
        order = np.argsort(np.array(self._times, dtype=np.float64), kind="stable")
        latest = _latest_of_each(self._digests, order)
        last = self._choice.last_rows
        kept = latest if last is None else latest[-last:]
        return LogWindow(
            observations=self._collector.observations(kept),
            prediction_ids=tuple(self._names[place] for place in kept),
            first=time_of(self._times[kept[0]]) if len(kept) else None,
            last=time_of(self._times[kept[-1]]) if len(kept) else None,
            notes=LogNotes(
                rows=self._read,
                outside=self._outside + len(latest) - len(kept),
                other_models=dict(self._others),
                repeated=len(order) - len(latest),
                other_classes=self._other_classes,
                backwards=self._backwards,
                largest_step_back_seconds=self._step_back,
            ),
        )


def _latest_of_each(digests: list[bytes], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the places of the last row of each image file, by time."""
    last = {digests[place]: position for position, place in enumerate(order.tolist())}
    return order[np.sort(np.fromiter(last.values(), dtype=np.int64, count=len(last)))]
