"""Monitoring raises no more than 5 % false alarms, catches 95 % of every kind of drift at 500 images, and names it."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.measurement import Measurement, NotMeasuredError
from benchmarks.support.real_images import weights
from benchmarks.support.watched_model import SCANNERS, SIZE, GrayImages, rows_of, train_watched
from medimage.data.synthetic import PHANTOM_CLASSES, generate_phantoms
from medimage.monitoring.drift_check import DriftCheck, check_drift
from medimage.monitoring.drift_kind import DriftKind
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.observation_collector import ObservationCollector
from medimage.monitoring.reference import MonitoringReference
from medimage.serving.prediction_log.logged_prediction import LoggedPrediction

WINDOWS = 200
CHANGED_WINDOWS = 100
IMAGES = 500
NEW_CLASS = "tuberculosis"
CLASSES = tuple(name for name in PHANTOM_CLASSES if name != NEW_CLASS)
NEW_SHARE = 0.2
COMMON, COMMON_SHARE = "normal", 0.55
"""A class that a quarter of the images is of, and the share that it rises to."""

_IMAGES_PER_PATIENT = 2
_FALSE_ALARMS, _CAUGHT = 0.05, 0.95
_EXPECTED = {
    **dict.fromkeys(SCANNERS, DriftKind.APPEARANCE),
    "prevalence": DriftKind.PREVALENCE,
    "new class": DriftKind.SOMETHING_NEW,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pool:
    """What the network says of images of patients that it was not trained on, as they are and by other scanners."""

    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    rows: dict[str, list[LoggedPrediction]]
    new: list[LoggedPrediction]


def measure() -> Measurement:
    """Trains a network on phantoms, and draws references and windows of other patients again and again.

    Each time, half of the patients make the reference and the window is of the others, so that both vary by chance.
    """
    if not weights().is_file():
        raise NotMeasuredError("there are no ImageNet weights beside the real images")
    pool, accuracy = _pool()
    generator = np.random.default_rng(0)
    unchanged = [_check(pool, "none", generator) for _ in range(WINDOWS)]
    false_alarms = sum(each.finding is not None for each in unchanged) / WINDOWS
    details = [
        f"MobileNetV2 at {SIZE} px on phantoms of {len(CLASSES)} classes, accuracy {accuracy:.3f}",
        f"no drift: {100 * false_alarms:.1f} % of {WINDOWS} windows of {IMAGES} images alarm",
    ]
    caught, named = {}, {}
    for change, kind in _EXPECTED.items():
        found = [_check(pool, change, generator) for _ in range(CHANGED_WINDOWS)]
        kinds = Counter("none" if each.finding is None else each.finding.kind.value for each in found)
        caught[change] = 1 - kinds["none"] / CHANGED_WINDOWS
        named[change] = kinds[kind.value] / CHANGED_WINDOWS
        details.append(
            f"{change}: {100 * caught[change]:.0f} % caught, {100 * named[change]:.0f} % as {kind} ({kinds})"
        )
    holds = false_alarms <= _FALSE_ALARMS
    return Measurement(
        name="drift_detection",
        measured=min(*caught.values(), *named.values()) if holds else 0.0,
        target=_CAUGHT,
        unit="of windows caught and named, for the worst kind",
        direction="at_least",
        details=(*details, f"load average: {os.getloadavg()[0]:.1f}"),
    )


def _pool() -> tuple[_Pool, float]:
    train, held_out = (_phantoms(patients, CLASSES, seed=seed) for patients, seed in ((80, 0), (40, 1)))
    onnx, accuracy = train_watched(train, held_out, classes=CLASSES)
    known, new = _phantoms(300, CLASSES, seed=2), _phantoms(60, (NEW_CLASS,), seed=3)
    rows = {"none": rows_of(onnx, known.pixels)}
    for name, scanner in SCANNERS.items():
        rows[name] = rows_of(onnx, [scanner(image) for image in known.pixels])
    pool = _Pool(labels=np.array(known.labels), groups=np.array(known.groups), rows=rows, new=rows_of(onnx, new.pixels))
    return pool, accuracy


def _phantoms(patients: int, classes: Sequence[str], *, seed: int) -> GrayImages:
    found = [
        phantom
        for phantom in generate_phantoms(
            patients_per_class=patients, images_per_patient=_IMAGES_PER_PATIENT, image_size=SIZE, seed=seed
        )
        if phantom.class_name in classes
    ]
    return GrayImages(
        pixels=tuple(phantom.pixels for phantom in found),
        labels=tuple(phantom.class_name for phantom in found),
        groups=tuple(phantom.patient for phantom in found),
    )


def _check(pool: _Pool, change: str, generator: np.random.Generator) -> DriftCheck:
    patients = generator.permutation(np.unique(pool.groups))
    in_reference = np.isin(pool.groups, patients[: len(patients) // 2])
    known = pool.rows["none"]
    reference = MonitoringReference.of_rows(
        [known[place] for place in np.flatnonzero(in_reference)],
        sha256=known[0].model.sha256,
        classes=CLASSES,
        images_per_case=_IMAGES_PER_PATIENT,
    )
    others = generator.permutation(np.flatnonzero(~in_reference))
    collector = ObservationCollector(classes=CLASSES, projection=reference.projection)
    for row in _window(pool, change, others, generator):
        collector.add(row)
    settings = DriftSettings(images_per_case=reference.images_per_case)
    return check_drift(reference.observations, collector.observations(), settings=settings)


def _window(
    pool: _Pool, change: str, others: NDArray[np.int64], generator: np.random.Generator
) -> list[LoggedPrediction]:
    known = pool.rows["none"]
    if change == "prevalence":
        common = pool.labels[others] == COMMON
        wanted = min(round(COMMON_SHARE * IMAGES), int(common.sum()))
        chosen = [*others[common][:wanted], *others[~common][: IMAGES - wanted]]
        return [known[place] for place in chosen]
    if change == "new class":
        new = generator.permutation(len(pool.new))[: round(NEW_SHARE * IMAGES)]
        return [*(known[place] for place in others[: IMAGES - len(new)]), *(pool.new[place] for place in new)]
    return [pool.rows[change][place] for place in others[:IMAGES]]
