"""What `drift_detection` measures on phantoms holds on chest X-rays and on MRI of the brain as well."""

import csv
import os
from collections.abc import Sequence

import numpy as np

from benchmarks.drift_detection import LEAST_CAUGHT, MOST_FALSE_ALARMS
from benchmarks.support.drift_simulation import Detection, MorePrevalent, detection, watched_pool
from benchmarks.support.measurement import Measurement, NotMeasuredError
from benchmarks.support.real_images import folder, weights
from benchmarks.support.watched_model import SIZE, GrayImages, train_watched
from medimage.serving.preprocessing import decode_image

_TRAINED_ON, _HELD_OUT = 220, 100
"""Images to train on and to fit limits with; all others are for references and windows."""

_CHEST = ("bacterial_pneumonia", "normal", "viral_pneumonia")
"""The classes of one hospital, so that no class is known by where it comes from."""

_BRAIN, _NEW_IN_BRAIN = ("glioma", "meningioma", "notumor"), "pituitary"


def measure() -> Measurement:
    """Trains a head on each of two public sets, and draws references and windows of its other images.

    Radiographs are of one hospital and drawn by patient. There, no class that the network does not know comes from the
    same hospital: what is new is tried on the MRI set, whose images name no patients and are drawn one by one.
    """
    if not weights().is_file() or not folder().is_dir():
        raise NotMeasuredError("there are no real images with ImageNet weights beside them")
    chest, chest_lines = _on("chest5", _CHEST, (), MorePrevalent(label="normal", share=0.6))
    brain, brain_lines = _on("brain4", _BRAIN, (_NEW_IN_BRAIN,), MorePrevalent(label="notumor", share=0.6))
    holds = max(chest.false_alarms, brain.false_alarms) <= MOST_FALSE_ALARMS
    return Measurement(
        name="drift_on_real_images",
        measured=min(chest.worst, brain.worst) if holds else 0.0,
        target=LEAST_CAUGHT,
        unit="of windows caught and named, for the worst kind of two sets",
        direction="at_least",
        details=(*chest_lines, *brain_lines, f"load average: {os.getloadavg()[0]:.1f}"),
    )


def _on(
    data_set: str, classes: tuple[str, ...], new: Sequence[str], more: MorePrevalent
) -> tuple[Detection, tuple[str, ...]]:
    images = _read(data_set, classes)
    patients = np.random.default_rng(0).permutation(sorted(set(images.groups)))
    place = {patient: number for number, patient in enumerate(patients)}
    order = sorted(range(len(images)), key=lambda each: place[images.groups[each]])
    ends = [_TRAINED_ON, _TRAINED_ON + _HELD_OUT]
    # Whole patients: the part ends before the patient who would be in two.
    first, second = (next(at for at in range(end, len(order)) if _begins_patient(images, order, at)) for end in ends)
    train, held_out, others = (images.of(part) for part in (order[:first], order[first:second], order[second:]))
    onnx, accuracy = train_watched(train, held_out, classes=classes)
    found = detection(watched_pool(onnx, others, _read(data_set, new), classes=classes), more)
    return found, (
        f"{data_set}, {', '.join(classes)}: MobileNetV2 at {SIZE} px on {len(train)} images, accuracy {accuracy:.3f}",
        *found.details,
    )


def _begins_patient(images: GrayImages, order: Sequence[int], at: int) -> bool:
    return images.groups[order[at - 1]] != images.groups[order[at]]


def _read(data_set: str, classes: Sequence[str]) -> GrayImages:
    with (folder() / data_set / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in classes]
    return GrayImages(
        pixels=tuple(
            decode_image((folder() / data_set / row["file"]).read_bytes(), color_mode="gray")[:, :, 0] for row in rows
        ),
        labels=tuple(row["label"] for row in rows),
        groups=tuple(row["patient_id"] or row["file"] for row in rows),
    )
