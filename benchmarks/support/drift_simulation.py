"""Windows of images drawn again and again, as they are and changed, to see what monitoring makes of them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.watched_model import SCANNERS, GrayImages, rows_of
from medimage.monitoring.drift_check import DriftCheck, check_drift
from medimage.monitoring.drift_kind import DriftKind
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.embedding_projection import EmbeddingProjection
from medimage.monitoring.observation_collector import ObservationCollector
from medimage.monitoring.reference import MonitoringReference
from medimage.serving.classifier import ImageClassifier
from medimage.serving.prediction_log.logged_prediction import LoggedPrediction

WINDOWS = 200
CHANGED_WINDOWS = 100
IMAGES = 500
NEW_SHARE = 0.2
"""Share of the images that are of the new class, where there is one."""

_UNCHANGED, _PREVALENCE, _NEW = "none", "prevalence", "new class"


@dataclass(frozen=True, kw_only=True)
class MorePrevalent:
    """A class that comes more often than before.

    Attributes:
        label: Which.
        share: The share of images that it rises to.
    """

    label: str
    share: float


@dataclass(frozen=True, kw_only=True, eq=False)
class WatchedPool:
    """What a network says of images of patients that it was not trained on, as they are and by other scanners.

    Attributes:
        classes: Classes of the network.
        labels: The class of each image, shape [images].
        groups: The patient of each, shape [images].
        rows: Rows of the prediction log by change, one an image.
        new: Rows of images of a class that the network does not know; may be none.
        projection: What gives the coordinates of its embeddings.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    rows: dict[str, list[LoggedPrediction]]
    new: list[LoggedPrediction]
    projection: EmbeddingProjection | None

    @property
    def images_per_patient(self) -> float:
        """Images that a patient has on average."""
        return len(self.groups) / len(np.unique(self.groups))


@dataclass(frozen=True, kw_only=True)
class Detection:
    """What monitoring made of many windows.

    Attributes:
        false_alarms: Share of the windows without a change that alarm.
        worst: Share of windows caught and named, for the kind of change where it is smallest.
        details: Lines on each kind.
    """

    false_alarms: float
    worst: float
    details: tuple[str, ...]


def watched_pool(onnx: bytes, known: GrayImages, new: GrayImages, *, classes: tuple[str, ...]) -> WatchedPool:
    """Asks a network about images.

    Args:
        onnx: The graph.
        known: Images of its classes, of patients that it was not trained on.
        new: Images of a class that it does not know; may be empty.
        classes: Its classes.
    """
    embeddings = ImageClassifier(onnx, threads=1).metadata.embeddings
    rows = {_UNCHANGED: rows_of(onnx, known.pixels)}
    for name, scanner in SCANNERS.items():
        rows[name] = rows_of(onnx, [scanner(image) for image in known.pixels])
    return WatchedPool(
        classes=classes,
        labels=np.array(known.labels),
        groups=np.array(known.groups),
        rows=rows,
        new=rows_of(onnx, new.pixels),
        projection=None if embeddings is None else EmbeddingProjection.of_training(embeddings),
    )


def detection(pool: WatchedPool, more: MorePrevalent) -> Detection:
    """Draws references and windows of other patients again and again, so that both vary by chance.

    Args:
        pool: The images, of which windows take `IMAGES` and references the rest, or half where that is fewer.
        more: The class that comes more often in windows of changed prevalence.
    """
    expected = {
        **dict.fromkeys(SCANNERS, DriftKind.APPEARANCE),
        _PREVALENCE: DriftKind.PREVALENCE,
        **({_NEW: DriftKind.SOMETHING_NEW} if pool.new else {}),
    }
    generator = np.random.default_rng(0)
    unchanged = [_check(pool, _UNCHANGED, more, generator) for _ in range(WINDOWS)]
    false_alarms = sum(each.finding is not None for each in unchanged) / WINDOWS
    details = [
        f"references of {unchanged[0].reference_images} images, windows of {IMAGES}",
        f"no drift: {100 * false_alarms:.1f} % of {WINDOWS} windows alarm",
    ]
    worst = 1.0
    for change, kind in expected.items():
        found = [_check(pool, change, more, generator) for _ in range(CHANGED_WINDOWS)]
        kinds = Counter("none" if each.finding is None else each.finding.kind.value for each in found)
        caught, named = 1 - kinds["none"] / CHANGED_WINDOWS, kinds[kind.value] / CHANGED_WINDOWS
        details.append(f"{change}: {100 * caught:.0f} % caught, {100 * named:.0f} % as {kind} ({dict(kinds)})")
        if found[0].finding is not None:
            details.append(f"  such as: {found[0].finding.sentence}")
        worst = min(worst, caught, named)
    return Detection(false_alarms=false_alarms, worst=worst, details=tuple(details))


def _check(pool: WatchedPool, change: str, more: MorePrevalent, generator: np.random.Generator) -> DriftCheck:
    in_reference = _of_reference(pool.groups, generator)
    known = pool.rows[_UNCHANGED]
    reference = MonitoringReference.of_rows(
        [known[place] for place in _by_patient(pool.groups, np.flatnonzero(in_reference))],
        sha256=known[0].model.sha256,
        classes=pool.classes,
        projection=pool.projection,
        images_per_case=pool.images_per_patient,
    )
    others = generator.permutation(np.flatnonzero(~in_reference))
    collector = ObservationCollector(classes=pool.classes, projection=reference.projection)
    for row in _window(pool, change, more, others, generator):
        collector.add(row)
    settings = DriftSettings(images_per_case=reference.images_per_case)
    return check_drift(reference.observations, collector.observations(), settings=settings)


def _by_patient(groups: NDArray[np.str_], places: NDArray[np.int64]) -> list[int]:
    """Orders images as they come in use, and in a reference: those of a patient one after the other."""
    first: dict[str, int] = {}
    for number, place in enumerate(places.tolist()):
        first.setdefault(str(groups[place]), number)
    return sorted(places.tolist(), key=lambda place: first[str(groups[place])])


def _of_reference(groups: NDArray[np.str_], generator: np.random.Generator) -> NDArray[np.bool_]:
    """Draws whole patients for the reference, half of the images or as many as windows leave."""
    patients, sizes = np.unique(groups, return_counts=True)
    order = generator.permutation(len(patients))
    wanted = min(len(groups) // 2, len(groups) - IMAGES)
    taken = patients[order[np.cumsum(sizes[order]) <= wanted]]
    return np.isin(groups, taken)


def _window(
    pool: WatchedPool, change: str, more: MorePrevalent, others: NDArray[np.int64], generator: np.random.Generator
) -> list[LoggedPrediction]:
    known = pool.rows[_UNCHANGED]
    if change == _PREVALENCE:
        common = pool.labels[others] == more.label
        # Where the pool has too few of the class, the window is smaller, so that the share is the stated one.
        images = min(IMAGES, int(common.sum() / more.share))
        of_class = round(more.share * images)
        chosen = generator.permutation([*others[common][:of_class], *others[~common][: images - of_class]])
        return [known[place] for place in _by_patient(pool.groups, chosen)]
    if change == _NEW:
        new = generator.permutation(len(pool.new))[: round(NEW_SHARE * IMAGES)]
        old = _by_patient(pool.groups, others[: IMAGES - len(new)])
        return [*(known[place] for place in old), *(pool.new[place] for place in new)]
    return [pool.rows[change][place] for place in _by_patient(pool.groups, others[:IMAGES])]
