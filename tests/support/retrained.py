"""What retraining decides on, made up, and images of patients in class folders."""

import csv
import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from medimage.data.synthetic import encode_png, generate_phantoms
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.interval import proportion_interval
from medimage.monitoring.drift_check import DriftVerdict
from medimage.retraining.evidence import RetrainingEvidence
from medimage.retraining.rate_drop import RateDrop
from medimage.retraining.watched import Watched

REGISTERED = datetime(2026, 1, 1, tzinfo=UTC)


def rate(right: int, total: int) -> Estimate:
    """Returns a rate with Wilson's interval."""
    low, high = proportion_interval(right, total, confidence=0.95, method="wilson")
    value = right / total
    return Estimate(value=value, low=min(low, value), high=max(high, value), n=total, groups=total, method="Wilson")


def drop(right: int, total: int, *, before: tuple[int, int] = (450, 500), is_chance: bool = False) -> RateDrop:
    """Returns the accuracy in use beside that on held-out images."""
    return RateDrop(name="accuracy", in_use=rate(right, total), at_reference=rate(*before), is_chance=is_chance)


NO_DRIFT = Watched(verdict=DriftVerdict.NO_DRIFT, kind=None, sentence="No drift among 500 images in 9 columns.")

NOTHING = RetrainingEvidence(
    champion="lung version 3",
    registered=REGISTERED,
    now=REGISTERED + timedelta(days=30),
    unseen={"ill": 0, "well": 0},
    lost=0,
    same_configuration=True,
)
"""Nothing speaks for another training."""


def evidence(**changes: Any) -> RetrainingEvidence:
    """Returns evidence in which nothing but the changes speaks for another training."""
    return dataclasses.replace(NOTHING, **changes)


def write_phantoms(
    root: Path, *, seed: int, patients: int, images: int = 2, size: int = 64, names: Mapping[str, str] | None = None
) -> Path:
    """Writes phantoms into class folders with a manifest of their patients, and returns the folder.

    Args:
        root: The folder.
        seed: Other seeds give other patients, who are named by it.
        patients: Patients of each class.
        images: Images of each patient.
        size: Height and width, in pixels.
        names: Other names of patients, by the one that they would have.
    """
    rows = []
    phantoms = generate_phantoms(patients_per_class=patients, images_per_patient=images, image_size=size, seed=seed)
    for phantom in phantoms:
        file = root / phantom.class_name / f"{seed}-{phantom.name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode_png(phantom.pixels))
        patient = f"{seed}-{phantom.patient}"
        rows.append((file.relative_to(root).as_posix(), (names or {}).get(patient, patient)))
    with (root / "MANIFEST.csv").open("w", newline="") as manifest:
        csv.writer(manifest).writerows([("file", "patient_id"), *rows])
    return root
