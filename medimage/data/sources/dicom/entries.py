"""What the header of a DICOM file says for a data set: whose it is, where from, of which class; or why it is unused."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID, MediaStorageDirectoryStorage

from medimage.config.dicom import DicomConfig
from medimage.data.sources.dicom.identifiers import read_identifiers
from medimage.data.sources.dicom.metadata import metadata_of
from medimage.data.sources.dicom.pseudonym import pseudonym
from medimage.data.sources.dicom.untold import untold
from medimage.data.sources.dicom.values import text_of
from medimage.data.sources.file_reading import unreadable
from medimage.data.sources.skipped import cannot_be_used
from medimage.data.sources.suffixes import dicom_suffix
from medimage.serving.dicom.dataset import DicomFile, read_dicom
from medimage.serving.dicom.decode import check_dicom
from medimage.serving.dicom.signature import SIGNATURE_END, is_dicom
from medimage.serving.refusal import ImageRefusedError, RefusalReason

_IDENTIFIERS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose a file is.

    Attributes:
        patient: Pseudonym of the patient; empty where the file names none.
        issuer: Pseudonym of who issued the patient's identifier; empty where the file names none.
        study: Pseudonym of the study; empty where the file names none.
        identifiers: What a path must not hold, of `read_identifiers`. It must not be stored or told.
    """

    patient: str = ""
    issuer: str = ""
    study: str = ""
    identifiers: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, kw_only=True)
class DicomEntry:
    """A DICOM file that is an image.

    Attributes:
        path: Path below the folder of the data. It may name a patient, and must not be stored.
        frames: Number of frames.
        refused_frames: Index of each frame that cannot be shown → the reason.
        identity: Whose it is.
        origin: Equipment, or pseudonym of the institution; empty where the file does not say.
        label: Value of the label tag; empty where there is none.
        metadata: Values of the elements that are metadata, in the order of the configuration; may be empty.
        key: What the rows of a label table are about. It identifies a person, and must not be stored or told.
    """

    path: str = field(repr=False)
    frames: int
    refused_frames: Mapping[int, str]
    identity: Identity
    origin: str
    label: str
    metadata: tuple[str, ...]
    key: str = field(repr=False)


def read_entry(
    root: Path, name: str, config: DicomConfig, *, salt: bytes, elements: Sequence[str] = ()
) -> tuple[DicomEntry | str, Identity]:
    """Reads the header of a file.

    Args:
        root: The folder of the data.
        name: Path below it.
        config: How files are read.
        salt: The secret that goes into pseudonyms.
        elements: Keywords of the elements that are metadata.

    Returns:
        What it says, or the reason why the file is no image that can be used; and whose it is, as far as it says so.

    Raises:
        DataError: If the system does not let the file be read.
    """
    path, identity = root / name, Identity()
    try:
        with path.open("rb") as stream:
            start = stream.read(SIGNATURE_END)
            if not is_dicom(start):
                return _why_no_dicom(name, start), identity
            stream.seek(0)
            file = read_dicom(stream, with_pixels=False)
        # What can be read counts for paths also where the patient cannot.
        identity = Identity(identifiers=read_identifiers(file.dataset))
        identity = _identity(file.dataset, identity.identifiers, salt)
        return _entry(name, file, identity, config, salt=salt, elements=elements), identity
    except ImageRefusedError as refusal:
        return _as_reason(str(refusal)), identity
    except OSError as error:
        # The system's own error has the path, and would stand in logs.
        raise unreadable(untold(root, path), error) from None


def _identity(dataset: Dataset, identifiers: frozenset[str], salt: bytes) -> Identity:
    values = {
        "patient": text_of(dataset, "PatientID"),
        "issuer": text_of(dataset, "IssuerOfPatientID"),
        "study": text_of(dataset, "StudyInstanceUID"),
    }
    return Identity(
        **{kind: pseudonym(kind, value, salt=salt) for kind, value in values.items() if value}, identifiers=identifiers
    )


def _why_no_dicom(name: str, start: bytes) -> str:
    if not dicom_suffix(name):
        return "not a DICOM file"
    if not start:
        return cannot_be_used("empty file")
    return cannot_be_used("no DICOM file, whatever its name says: DICM does not stand after its first 128 bytes")


def _entry(
    name: str, file: DicomFile, identity: Identity, config: DicomConfig, *, salt: bytes, elements: Sequence[str]
) -> DicomEntry | str:
    dataset = file.dataset
    if "DirectoryRecordSequence" in dataset or name.rpartition("/")[2].upper() == "DICOMDIR":
        return f"no image ({MediaStorageDirectoryStorage.name})"
    try:
        header = check_dicom(file)
    except ImageRefusedError as refusal:
        if refusal.reason is RefusalReason.NOT_AN_IMAGE:
            return f"no image ({_class_of(file)})"
        raise
    if config.burned_in == "refuse" and text_of(dataset, "BurnedInAnnotation").upper() == "YES":
        return cannot_be_used("text is burned into its pixels, which may name the patient (data.dicom.burned_in)")
    if config.frames == "refuse" and header.frames > 1:
        return cannot_be_used(f"it holds {header.frames} frames (data.dicom.frames)")
    return DicomEntry(
        path=name,
        frames=header.frames,
        refused_frames=_refused_frames(file, header.frames),
        identity=identity,
        origin=_origin(dataset, config, salt),
        label=text_of(dataset, config.label_tag) if config.label_tag else "",
        metadata=tuple(metadata_of(dataset, element, salt=salt) for element in elements),
        key=text_of(dataset, config.table_key) if config.table_key in _IDENTIFIERS else name,
    )


def _refused_frames(file: DicomFile, frames: int) -> dict[int, str]:
    """The first frame has been checked with the header; others may be shown in another way."""
    refused = {}
    if "PerFrameFunctionalGroupsSequence" not in file.dataset:
        return refused
    for frame in range(1, frames):
        try:
            check_dicom(file, frame=frame)
        except ImageRefusedError as refusal:
            refused[frame] = _as_reason(str(refusal))
    return refused


def _origin(dataset: Dataset, config: DicomConfig, salt: bytes) -> str:
    if config.origin == "equipment":
        return " ".join(filter(None, (text_of(dataset, "Manufacturer"), text_of(dataset, "ManufacturerModelName"))))
    institution = text_of(dataset, "InstitutionName") if config.origin == "institution" else ""
    return pseudonym("institution", institution.casefold(), salt=salt) if institution else ""


def _class_of(file: DicomFile) -> str:
    """Returns the name of the kind of object, where the standard has one; anything else is not repeated."""
    uid = UID(text_of(file.dataset, "SOPClassUID")) or file.kind
    return uid.name if uid and uid.name != str(uid) else "of a kind that is not in the DICOM standard"


def _as_reason(message: str) -> str:
    """Returns a refusal as a reason in a table: what it says, without what a person at a form should do."""
    said = re.split("; (?:send|install) ", message)[0].rstrip(".")
    return cannot_be_used(said[0].lower() + said[1:])
