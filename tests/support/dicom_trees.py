"""Trees of DICOM files, and the source that reads them."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from medimage.config.data import DataConfig
from medimage.data.sources.dicom.source import DicomSource
from tests.support.dicom_files import dicom_bytes, gray_dataset
from tests.support.images import textured

SECRETS = {
    "PatientName": "Quixano^Alonso",
    "PatientID": "PID-77431",
    "IssuerOfPatientID": "LaManchaGeneral",
    "PatientBirthDate": "15470929",
    "PatientAddress": "Windmill Lane 5",
    "OtherPatientIDs": "OTHER-99812",
    "InstitutionName": "Hospital de Toboso",
    "ReferringPhysicianName": "Panza^Sancho",
    "OperatorsName": "Rocinante^R",
    "AccessionNumber": "ACC-55120",
    "StudyDate": "20230417",
    "StudyTime": "101112",
    "StudyInstanceUID": "1.2.826.0.1.55.1",
    "SeriesInstanceUID": "1.2.826.0.1.55.2",
    "SOPInstanceUID": "1.2.826.0.1.55.3",
    "DeviceSerialNumber": "SERIAL-4455",
    "StationName": "STATION-12",
    "ImageComments": "Alonso refused contrast",
    "WindowCenterWidthExplanation": "for Dr Panza",
}
"""Attribute → value that no record, message or log may show."""


def picture(seed: int, **attributes: Any) -> Dataset:
    """Returns an image that no other seed's image resembles, of a patient and study of its own."""
    identity = {"PatientID": f"P{seed}", "StudyInstanceUID": f"1.2.3.{seed}", "SOPInstanceUID": f"1.2.3.{seed}.1"}
    return gray_dataset(textured(seed, size=32), **{**identity, **attributes})


def write(path: Path, dataset: Dataset, **options: Any) -> None:
    """Writes a file, and the folders above it; `options` are those of `dicom_bytes`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dicom_bytes(dataset, **options))


def tree(root: Path, *, images: int = 2) -> Path:
    """Makes the class folders `ill` and `well` with so many files each, and returns `root`."""
    for index, name in enumerate(("ill", "well")):
        for number in range(images):
            write(root / name / f"{number}.dcm", picture(100 * index + number))
    return root


def source(root: Path, *, data: dict[str, Any] | None = None, **settings: Any) -> DicomSource:
    """Returns the source of a tree; `settings` stand under `data.dicom`, those in `data` beside it."""
    return DicomSource(
        root, DataConfig.model_validate({"source": "dicom", "path": str(root), "dicom": settings, **(data or {})})
    )


def labels(found: DicomSource) -> dict[str, str]:
    """Returns record name → label."""
    return {record.name: record.label for record in found.records()}


def assert_nothing_is_lost(found: DicomSource) -> None:
    """Every file found is a record or skipped, and every record that is counted comes."""
    assert found.files_found == len(found) + len(found.skipped_files)
    assert len(list(found.records())) == len(found)


def several_frames(count: int, **attributes: Any) -> Dataset:
    """Returns a file of frames, of which number n shows `textured(500 + n, size=32)`."""
    frames = np.stack([textured(500 + number, size=32) for number in range(count)])
    return picture(50, NumberOfFrames=count, PixelData=frames.tobytes(), **attributes)
