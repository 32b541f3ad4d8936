"""Which columns or DICOM elements say what subgroup an image belongs to, and which of them are never read."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from medimage.config.class_names import canonical_name
from medimage.config.section import Section
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.config.table import ColumnName
from medimage.wording import listed

ORIGIN = "origin"
"""The metadata that every source may have without being asked: hospital, scanner or collection."""

AGE = "PatientAge"

PSEUDONYMISED = {"InstitutionName": "institution", "StationName": "station"}
"""DICOM elements of which a salted hash is stored, with the kind that the hash is named by."""

PLAIN_ELEMENTS = (
    "AcquisitionContrast",
    "BodyPartExamined",
    "ConvolutionKernel",
    "EthnicGroup",
    "ImageLaterality",
    "KVP",
    "Laterality",
    "MagneticFieldStrength",
    "Manufacturer",
    "ManufacturerModelName",
    "Modality",
    "PatientPosition",
    AGE,
    "PatientSex",
    "PhotometricInterpretation",
    "PresentationIntentType",
    "ScanningSequence",
    "SequenceVariant",
    "SliceThickness",
    "ViewPosition",
)
"""DICOM elements that say of what kind a patient, a machine or an image is, and not whose it is."""

_OLDEST_BAND = 90.0
"""Ages above 89 identify a person by their rarity (HIPAA, 45 CFR 164.514(b)(2)(i)(C): all of them are one category)."""


class MetadataColumn(Section):
    """Where one kind of subgroup stands."""

    column: ColumnName
    """Column of the table or the manifest, or DICOM element by its keyword."""

    bands: Annotated[tuple[float, ...], Field(min_length=2)] | None = None
    """Lower limits of the bands that numbers are put into, rising: [0, 18, 40, 65] gives four, the last one open. A
    DICOM age such as 045Y or 012M counts in years. Not given: each value is a subgroup."""

    @model_validator(mode="after")
    def _bands_rise(self) -> Self:
        limits = self.bands or ()
        if any(low >= high for low, high in pairwise(limits)):
            raise ValueError(f"bands must rise from limit to limit, each once, but are {[*limits]}")
        return self


MetadataColumns = Mapping[str, MetadataColumn]
"""Name of a kind of subgroup → where it stands."""


def problem_of(columns: MetadataColumns) -> str | None:
    """Returns what is wrong with the names and columns of metadata together, or None where nothing is."""
    names: dict[str, str] = {}
    meant: dict[tuple[str, tuple[float, ...] | None], str] = {}
    for name, column in columns.items():
        if not name.strip():
            return "metadata has a name that is empty: call each kind of subgroup by what it is, such as sex"
        if canonical_name(name) == ORIGIN:
            return (
                f"metadata names {name!r}, but the origin of images is a subgroup without being asked for: call this "
                "one otherwise, or leave it out"
            )
        other = names.setdefault(canonical_name(name), name)
        if other != name:
            return f"metadata names one kind of subgroup twice: {other!r} and {name!r}"
        same = meant.setdefault((canonical_name(column.column), column.bands), name)
        if same != name:
            return f"metadata reads {column.column!r} twice in the same way, as {same!r} and as {name!r}: leave one out"
    return None


def problem_in_dicom(columns: MetadataColumns) -> str | None:
    """Returns why an element must not be read from DICOM files, or None where all may be."""
    known = (*PLAIN_ELEMENTS, *PSEUDONYMISED)
    for name, column in columns.items():
        if column.column not in known:
            near = did_you_mean(nearest_names(column.column, known))
            # A list of what is forbidden would never be complete: the standard has hundreds of identifiers.
            return (
                f"metadata {name!r} is {column.column!r}, which may say whose an image is, and metadata are stored and "
                f"shown{near or ';'} expected one of {', '.join(PLAIN_ELEMENTS)}; or {listed([*PSEUDONYMISED])}, of "
                "which only a salted hash is kept"
            )
        if column.column == AGE and column.bands is None:
            return (
                f"metadata {name!r} is {AGE}, of which single years tell too much of a person and leave too few cases "
                "in each: give bands, such as [0, 18, 40, 65]"
            )
        if column.column == AGE and column.bands is not None and column.bands[-1] > _OLDEST_BAND:
            return (
                f"metadata {name!r} has a band of {AGE} from {column.bands[-1]:g} on, but so few people are older than "
                f"89 that their age tells who they are: let the last band begin at {_OLDEST_BAND:g} or below"
            )
        if column.column in PSEUDONYMISED and column.bands is not None:
            return f"metadata {name!r} is {column.column}, which is no number and has no bands"
    return None
