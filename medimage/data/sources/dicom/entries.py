"""What the header of a DICOM file says for a data set: whose it is, where from, of which class; or why it is unused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, MediaStorageDirectoryStorage

from medimage.config.dicom import DicomConfig, private_tag
from medimage.data.sources.dicom.pseudonym import pseudonym
from medimage.data.sources.files_below import unreadable
from medimage.serving.dicom.dataset import DicomFile, damaged, read_dicom
from medimage.serving.dicom.decode import check_dicom
from medimage.serving.dicom.signature import SIGNATURE_END, is_dicom
from medimage.serving.refusal import ImageRefusedError, RefusalReason

_SUFFIXES = (".dcm", ".dicom")
_IDENTIFIERS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID")


@dataclass(frozen=True, kw_only=True)
class DicomEntry:
    """A DICOM file that is an image.

    Attributes:
        name: Path below the folder of the data.
        frames: Number of frames.
        refused_frames: Index of each frame that cannot be shown → the reason.
        group: Pseudonym of the patient or study; empty where the file names neither.
        study: Pseudonym of the study, to see whether a patient is a placeholder; empty where the file names none.
        origin: Equipment, or pseudonym of the institution; empty where the file does not say.
        label: Value of the label tag; empty where there is none.
        key: What the rows of a label table are about. It identifies a person, and must not be stored or told.
    """

    name: str
    frames: int
    refused_frames: Mapping[int, str]
    group: str
    study: str
    origin: str
    label: str
    key: str


def read_entry(root: Path, name: str, config: DicomConfig, *, salt: bytes) -> DicomEntry | str:
    """Reads the header of a file.

    Returns:
        What it says, or the reason why the file is no image that can be used.

    Raises:
        DataError: If the system does not let the file be read.
    """
    path = root / name
    try:
        with path.open("rb") as stream:
            start = stream.read(SIGNATURE_END)
            if not is_dicom(start):
                return _why_no_dicom(name, start)
            stream.seek(0)
            file = read_dicom(stream, with_pixels=False)
        return _entry(name, file, config, salt)
    except ImageRefusedError as refusal:
        return _as_reason(str(refusal))
    except OSError as error:
        raise unreadable(path, error) from error


def _why_no_dicom(name: str, start: bytes) -> str:
    if not start:
        return "empty file"
    if name.lower().endswith(_SUFFIXES):
        return "not a DICOM file, whatever its name says: DICM does not stand after its first 128 bytes"
    return "not a DICOM file"


def _entry(name: str, file: DicomFile, config: DicomConfig, salt: bytes) -> DicomEntry | str:
    dataset = file.dataset
    if "DirectoryRecordSequence" in dataset or name.rpartition("/")[2].upper() == "DICOMDIR":
        return f"no image ({MediaStorageDirectoryStorage.name})"
    try:
        header = check_dicom(file)
    except ImageRefusedError as refusal:
        if refusal.reason is RefusalReason.NOT_AN_IMAGE:
            return f"no image ({_class_of(dataset)})"
        raise
    if config.burned_in == "refuse" and _text(dataset, "BurnedInAnnotation").upper() == "YES":
        return "says that text is burned into its pixels, which may name the patient (data.dicom.burned_in)"
    if config.frames == "refuse" and header.frames > 1:
        return f"holds {header.frames} frames (data.dicom.frames)"
    patient, study = _text(dataset, "PatientID"), _text(dataset, "StudyInstanceUID")
    hashed_study = pseudonym("study", study, salt=salt) if study else ""
    hashed_patient = pseudonym("patient", patient, _text(dataset, "IssuerOfPatientID"), salt=salt) if patient else ""
    return DicomEntry(
        name=name,
        frames=header.frames,
        refused_frames=_refused_frames(file, header.frames),
        group=hashed_study if config.group_by == "study" else hashed_patient or hashed_study,
        study=hashed_study,
        origin=_origin(dataset, config, salt),
        label=_text(dataset, config.label_tag) if config.label_tag else "",
        key=_text(dataset, config.table_key) if config.table_key in _IDENTIFIERS else name,
    )


def _refused_frames(file: DicomFile, frames: int) -> dict[int, str]:
    """The first frame has been checked with the header; others may be shown in another way."""
    refused = {}
    for frame in range(1, frames):
        try:
            check_dicom(file, frame=frame)
        except ImageRefusedError as refusal:
            refused[frame] = _as_reason(str(refusal))
    return refused


def _origin(dataset: Dataset, config: DicomConfig, salt: bytes) -> str:
    if config.origin == "equipment":
        return " ".join(filter(None, (_text(dataset, "Manufacturer"), _text(dataset, "ManufacturerModelName"))))
    institution = _text(dataset, "InstitutionName") if config.origin == "institution" else ""
    return pseudonym("institution", institution.casefold(), salt=salt) if institution else ""


def _class_of(dataset: Dataset) -> str:
    """Returns the name of the kind of object, where the standard has one; anything else is not repeated."""
    uid = UID(_text(dataset, "SOPClassUID"))
    return uid.name if uid and uid.name != str(uid) else "of a kind that is not in the DICOM standard"


def _as_reason(message: str) -> str:
    """Returns a refusal as a reason in a table: what it says, without what a person at a form should do."""
    said = re.split("; (?:send|install) ", message)[0].rstrip(".")
    return said[0].lower() + said[1:]


def _text(dataset: Dataset, tag: str) -> str:
    """Returns a value as text without padding; empty where there is none."""
    private = private_tag(tag)
    key: BaseTag | str = Tag(*private) if private is not None else tag
    try:
        element: Any = dataset.get(key)
        value = element.value if private is not None and element is not None else element
    except Exception as error:
        # pydicom converts a value when it is asked for, and on a damaged one raises almost any exception. A patient
        # who cannot be read must not become a file without a patient: the split would leak.
        raise damaged("one of its elements cannot be read") from error
    if isinstance(value, MultiValue):
        value = "\\".join(str(part) for part in value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return "" if value is None else str(value).replace("\0", "").strip()
