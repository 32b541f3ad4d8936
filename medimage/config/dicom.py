"""Where the labels, groups and origins of DICOM files come from, and which files are not used."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from medimage.config.section import Section
from medimage.config.table import ColumnName

_PRIVATE_TAG = re.compile(r"\(?([0-9a-fA-F]{3}[13579bdfBDF]), ?([0-9a-fA-F]{4})\)?")
"""Group and element of a tag that is not in the standard: its group is odd."""

_CODED_TAGS = (
    "AcquisitionContrast",
    "BodyPartExamined",
    "FrameLaterality",
    "ImageLaterality",
    "ImageType",
    "Laterality",
    "Modality",
    "PatientPosition",
    "PatientSex",
    "PhotometricInterpretation",
    "PresentationIntentType",
    "ScanningSequence",
    "SequenceVariant",
    "ViewPosition",
)
"""Tags of defined terms: what they say is a kind."""

_FREE_TAGS = (
    "ContrastBolusAgent",
    "ConvolutionKernel",
    "Manufacturer",
    "ManufacturerModelName",
    "ProtocolName",
    "SequenceName",
    "SeriesDescription",
    "StudyDescription",
)
"""Tags in which a person or a machine writes what it likes. Mostly that is a kind."""

_COLUMNS_OF_PATIENTS = frozenset(
    {
        "accessionnumber",
        "admissionid",
        "birthdate",
        "clinicaltrialsubjectid",
        "dateofbirth",
        "dob",
        "familyname",
        "firstname",
        "fullname",
        "givenname",
        "id",
        "lastname",
        "mrn",
        "otherpatientids",
        "otherpatientnames",
        "patient",
        "patientbirthdate",
        "patientid",
        "patientname",
        "seriesinstanceuid",
        "sopinstanceuid",
        "studyid",
        "studyinstanceuid",
        "subject",
        "subjectid",
        "surname",
    }
)
"""What columns with identifiers are called, in lower case and letters alone."""


def private_tag(written: str) -> tuple[int, int] | None:
    """Returns group and element of a private tag such as `(0011,1001)`, or None where it is none."""
    match = _PRIVATE_TAG.fullmatch(written.strip())
    return (int(match[1], 16), int(match[2], 16)) if match else None


def _is_a_kind(tag: str) -> str:
    if private_tag(tag) is None and tag not in _CODED_TAGS + _FREE_TAGS:
        # A list of what is forbidden would never be complete: the standard has hundreds of identifiers.
        raise ValueError(
            f"must be a tag that says what an image shows, not whose it is, since names of classes are stored: one of "
            f"{', '.join(_CODED_TAGS)}; or one with free text, {', '.join(_FREE_TAGS)}; or a private one, such as "
            f"(0011,1001); but is {tag!r}"
        )
    return tag


def _is_no_column_of_patients(column: str) -> str:
    if "".join(filter(str.isalpha, column.lower())) in _COLUMNS_OF_PATIENTS:
        raise ValueError(
            f"must be a column with what images show, not with whose they are, since names of classes are stored; "
            f"but is {column!r}"
        )
    return column


LabelTag = Annotated[str, AfterValidator(_is_a_kind)]


class DicomConfig(Section):
    """A tree of DICOM files: for layout `dicom`."""

    labels_from: Literal["folders", "tag", "table"] = "folders"
    """What says the class of a file: the folder it lies in (with or without train, val and test above), a tag in it,
    or a CSV."""

    label_tag: LabelTag | None = None
    """Tag with the class: a keyword such as BodyPartExamined, or a private tag such as (0011,1001). Its values become
    names of classes, which are stored. Descriptions, names of protocols and private tags are free text: see that nobody
    is named there before you use one."""

    table: Path | None = None
    """CSV with the class, relative to the folder of the data."""

    table_key: Literal["path", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID"] = "path"
    """What a row of the CSV is about: one file, by its path or its identifier, or all files of a series, study or
    patient."""

    key_column: ColumnName | None = None
    """Column of the CSV with the path or the identifier; named like `table_key` when not given."""

    label_column: Annotated[ColumnName, AfterValidator(_is_no_column_of_patients)] = "label"
    """Column of the CSV with the class."""

    split_column: ColumnName | None = None
    """Column of the CSV with the given split (train, val, test); when not given, folders of these names say it."""

    group_by: Literal["patient", "study"] = "patient"
    """What a split keeps together: the images of a patient, or of a study where all files have one patient's
    placeholder. Identifiers are stored as salted hashes."""

    origin: Literal["equipment", "institution", "none"] = "equipment"
    """What tells where an image comes from: manufacturer and model of the equipment, or a salted hash of the
    institution's name."""

    frames: Literal["refuse", "expand"] = "refuse"
    """What to do with files of several frames: leave them out and say so, or make an image of each frame."""

    burned_in: Literal["refuse", "accept"] = "refuse"
    """What to do with files that say that text is burned into their pixels: leave them out and say so, or use them.
    Such text may name the patient."""

    @model_validator(mode="after")
    def _labels_are_complete(self) -> Self:
        if (self.labels_from == "tag") != (self.label_tag is not None):
            raise ValueError("labels_from 'tag' and label_tag go together: set both or neither")
        if (self.labels_from == "table") != (self.table is not None):
            raise ValueError("labels_from 'table' and table go together: set both or neither")
        if self.split_column is not None and self.table is None:
            raise ValueError("split_column names a column of a table, but there is no table")
        return self
