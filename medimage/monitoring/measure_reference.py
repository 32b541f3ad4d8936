"""Asks a graph about images, by the way that the service goes, to compare later ones with."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from medimage.data.bounded_map import bounded_map
from medimage.data.split import Split
from medimage.monitoring.embedding_projection import EmbeddingProjection
from medimage.monitoring.reference import MonitoringReference
from medimage.progress import track
from medimage.serving.classifier import ImageClassifier
from medimage.serving.cores import available_cores
from medimage.serving.look_at_image import look_at_image
from medimage.serving.prediction_log.logged_prediction import LoggedModel, LoggedPrediction
from medimage.serving.prediction_log.row_of_image import row_of_image
from medimage.serving.preprocessing import ImageRefusedError

MOST_IMAGES = 2000
"""Images of a reference: from a window of 2,000, a difference of 0.07 is then told at the level of one column."""

_AHEAD = 4
_NO_TIME = datetime.fromtimestamp(0, tz=UTC)
"""Rows of a reference are of no time, and it is not kept."""


def sample_held_out(split: Split, *, most: int = MOST_IMAGES) -> tuple[str, ...]:
    """Chooses images of validation and test, each as likely as any other, as a window has them.

    Those of a patient come one after the other, so that tests need not take them for so many patients. The choice is
    that of a hash: the same split gives the same images.

    Args:
        split: Which images are held out.
        most: Images at most.

    Returns:
        Their ids.
    """
    rows = [int(row) for part in ("validation", "test") for row in split.rows(part)]
    rows.sort(key=lambda row: hashlib.sha256(split.image_ids[row].encode()).digest())
    chosen = rows[:most]
    first: dict[str, int] = {}
    for place, row in enumerate(chosen):
        first.setdefault(split.groups[row], place)
    chosen.sort(key=lambda row: first[split.groups[row]])
    return tuple(split.image_ids[row] for row in chosen)


def images_per_case(split: Split) -> float:
    """Returns how many held-out images a patient has on average."""
    groups = [split.groups[int(row)] for part in ("validation", "test") for row in split.rows(part)]
    return len(groups) / len(set(groups)) if groups else 1.0


def measure_reference(
    onnx: bytes, images: Iterable[tuple[str | None, bytes]], *, total: int, images_per_case: float = 1.0
) -> MonitoringReference | None:
    """Asks a graph about images.

    Args:
        onnx: The graph.
        images: True class, None where it is not known, and encoded bytes of each image, read only as far as needed.
            Those that the service would refuse are left out.
        total: How many there are.
        images_per_case: Images that a patient has on average.

    Returns:
        None where not one image could be answered. Its true classes are None where one of them is not known.
    """
    classifier = ImageClassifier(onnx, threads=1)
    model = LoggedModel(name="", version="", sha256=hashlib.sha256(onnx).hexdigest())
    truth, rows = list[str | None](), list[LoggedPrediction]()
    for label, row in ask_about(classifier, images, model=model, total=total):
        if row is not None:
            truth.append(label)
            rows.append(row)
    if not rows:
        return None
    embeddings = classifier.metadata.embeddings
    known = [label for label in truth if label is not None]
    return MonitoringReference.of_rows(
        rows,
        sha256=model.sha256,
        classes=classifier.metadata.classes,
        projection=None if embeddings is None else EmbeddingProjection.of_training(embeddings),
        truth=known if len(known) == len(rows) else None,
        images_per_case=images_per_case,
    )


Name = TypeVar("Name")


def ask_about(
    classifier: ImageClassifier, images: Iterable[tuple[Name, bytes]], *, model: LoggedModel, total: int
) -> Iterator[tuple[Name, LoggedPrediction | None]]:
    """Yields what the prediction log would hold of each image, in their order; None of one that cannot be answered.

    Args:
        classifier: The model.
        images: A name and the encoded bytes of each image, read only as far as needed.
        model: What the rows say of the model.
        total: How many there are.
    """

    def ask(named: tuple[Name, bytes]) -> tuple[Name, LoggedPrediction | None]:
        name, encoded = named
        try:
            seen = look_at_image(classifier, encoded)
        except (ImageRefusedError, FloatingPointError):
            return name, None
        sha256 = hashlib.sha256(encoded).hexdigest()
        return name, row_of_image(seen, prediction_id=sha256, sha256=sha256, time=_NO_TIME, model=model)

    workers = available_cores()
    with ThreadPoolExecutor(workers) as pool:
        asked = bounded_map(pool, ask, images, ahead=_AHEAD * workers, size=lambda named: len(named[1]))
        yield from track(asked, description="Asking the served graph", total=total)
