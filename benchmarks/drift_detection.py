"""Monitoring raises no more than 5 % false alarms, catches 95 % of every kind of drift at 500 images, and names it."""

import os
from collections.abc import Sequence

from benchmarks.support.drift_simulation import MorePrevalent, detection, watched_pool
from benchmarks.support.measurement import Measurement, NotMeasuredError
from benchmarks.support.real_images import weights
from benchmarks.support.watched_model import SIZE, GrayImages, train_watched
from medimage.data.synthetic import PHANTOM_CLASSES, generate_phantoms

NEW_CLASS = "tuberculosis"
CLASSES = tuple(name for name in PHANTOM_CLASSES if name != NEW_CLASS)
MORE = MorePrevalent(label="normal", share=0.55)
"""A class that a quarter of the images is of."""

MOST_FALSE_ALARMS, LEAST_CAUGHT = 0.05, 0.95
_IMAGES_PER_PATIENT = 2


def measure() -> Measurement:
    """Trains a network on phantoms, and draws references and windows of other patients again and again."""
    if not weights().is_file():
        raise NotMeasuredError("there are no ImageNet weights beside the real images")
    train, held_out = (_phantoms(patients, CLASSES, seed=seed) for patients, seed in ((80, 0), (40, 1)))
    onnx, accuracy = train_watched(train, held_out, classes=CLASSES)
    known, new = _phantoms(300, CLASSES, seed=2), _phantoms(60, (NEW_CLASS,), seed=3)
    found = detection(watched_pool(onnx, known, new, classes=CLASSES), MORE)
    return Measurement(
        name="drift_detection",
        measured=found.worst if found.false_alarms <= MOST_FALSE_ALARMS else 0.0,
        target=LEAST_CAUGHT,
        unit="of windows caught and named, for the worst kind",
        direction="at_least",
        details=(
            f"MobileNetV2 at {SIZE} px on phantoms of {len(CLASSES)} classes, accuracy {accuracy:.3f}",
            *found.details,
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


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
