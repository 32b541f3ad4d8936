"""Where images come from, what their classes are, and when the data may not be trusted."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.audit import AuditConfig
from medimage.config.class_names import canonical_name
from medimage.config.dicom import DicomConfig
from medimage.config.metadata import MetadataColumn, problem_in_dicom, problem_of
from medimage.config.section import Section
from medimage.config.sources import ArchiveConfig, KaggleConfig, SyntheticConfig
from medimage.config.table import ColumnName, TableConfig
from medimage.serving.color_mode import ColorMode

Layout = Literal["folder", "table", "dicom"]
ClassName = Annotated[str, Field(min_length=1)]


class DataConfig(Section):
    """The images of one problem."""

    source: Literal["synthetic", "folder", "table", "archive", "dicom", "kaggle"] = "folder"
    """Where images come from: generated phantoms, a folder of class folders, a CSV with image folders, a zip or tar
    archive, a tree of DICOM files, or Kaggle."""

    path: Path | None = None
    """Folder of class folders, with or without train, val and test above them; folder that holds the table and its
    images; folder of DICOM files; or the archive."""

    layout: Layout = "folder"
    """What an archive or a Kaggle dataset holds: class folders, a CSV with image folders, or DICOM files."""

    # From left to right, or pydantic would make a path of the word `auto`.
    manifest: Annotated[Literal["auto", "none"] | Path, Field(union_mode="left_to_right")] = "auto"
    """CSV with the columns file, label, patient_id and source; `auto` reads MANIFEST.csv if there is one,
    `none` reads none."""

    classes: Literal["auto"] | Annotated[tuple[ClassName, ...], Field(min_length=2)] = "auto"
    """Class names in the order of the model's outputs; `auto` takes all that the data have, sorted."""

    labels: dict[str, ClassName | None] = Field(default={})
    """Other spellings of a class, and classes to merge: name found in the data → class; null leaves its images out.
    Case, spaces, `-` and `_` do not matter."""

    ignored_labels: tuple[str, ...] = ()
    """Names found in the data that are left out knowingly, where `classes` are listed; `auto` takes every class but
    those that `labels` maps to null."""

    color_mode: ColorMode = "gray"
    """Decode, store and augment images with one channel (`gray`) or three (`rgb`)."""

    images_per_class: Annotated[int, Field(ge=1)] | None = None
    """Keep at most so many images per class, chosen by content hash; all when not given."""

    batch_size: Annotated[int, Field(ge=2)] | None = None
    """Batch size for this data set, where the model's entry in `training.batch_sizes` gives none."""

    metadata: dict[str, ColumnName | MetadataColumn] | tuple[ColumnName, ...] = Field(default={})
    """What is known of each image beside its class, to measure subgroups by: name → column of the table or of
    MANIFEST.csv, or DICOM element, such as {sex: PatientSex}; {column: PatientAge, bands: [0, 18, 40, 65]} puts numbers
    into bands; [sex, site] is short for columns of these names. The origin is a subgroup without being named."""

    archive: ArchiveConfig = ArchiveConfig()
    kaggle: KaggleConfig = KaggleConfig()
    synthetic: SyntheticConfig = SyntheticConfig()
    table: TableConfig = TableConfig()
    dicom: DicomConfig = DicomConfig()
    audit: AuditConfig = AuditConfig()

    @property
    def layout_found(self) -> Layout:
        """How the images lie: what the source itself says, or `layout` where it may hold anything."""
        return self.source if self.source in ("table", "dicom") else self.layout

    @property
    def spellings(self) -> dict[str, str]:
        """Names found in the data that stand for a class, with the class."""
        return {name: label for name, label in self.labels.items() if label is not None}

    @property
    def names_left_out(self) -> tuple[str, ...]:
        """Names found in the data, or classes they stand for, whose images are left out knowingly."""
        nulls = tuple(name for name, label in self.labels.items() if label is None)
        return nulls if self.classes == "auto" else (*nulls, *self.ignored_labels)

    @property
    def metadata_columns(self) -> dict[str, MetadataColumn]:
        """Name of each kind of subgroup → where it stands, however it was written."""
        written = self.metadata if isinstance(self.metadata, dict) else {name: name for name in self.metadata}
        return {
            name: MetadataColumn(column=column) if isinstance(column, str) else column
            for name, column in written.items()
        }

    def for_reading(self) -> Self:
        """Returns the settings with those at their defaults that do not decide which images are read and as what.

        The result of reading does not depend on them, so neither may its cache key.
        """
        others = ("audit", "batch_size", "color_mode")
        return self.model_copy(update={name: type(self).model_fields[name].default for name in others})

    @model_validator(mode="after")
    def _source_is_complete(self) -> Self:
        needed = {
            "folder": "the folder that holds the class folders",
            "table": "the folder that holds the CSV and the images",
            "archive": "the zip or tar file",
            "dicom": "the folder that holds the DICOM files",
        }
        if self.source in needed and self.path is None:
            raise ValueError(f"source {self.source!r} needs data.path: {needed[self.source]}")
        if self.source == "kaggle" and self.kaggle.dataset is None:
            raise ValueError("source 'kaggle' needs data.kaggle.dataset, as owner/name")
        return self

    @model_validator(mode="after")
    def _layout_fits_the_source(self) -> Self:
        if self.layout not in ("folder", self.source) and self.source not in ("archive", "kaggle"):
            way_out = f"use source {self.layout!r} or layout 'folder'" if self.source == "folder" else "leave it out"
            raise ValueError(
                f"layout {self.layout!r} says what an archive or a Kaggle dataset holds, but source is "
                f"{self.source!r}: {way_out}"
            )
        if self.layout_found != "folder" and isinstance(self.manifest, Path):
            raise ValueError(
                f"manifest is {str(self.manifest)!r}, which goes with class folders; layout {self.layout_found!r} has "
                f"its own settings in data.{self.layout_found}"
            )
        return self

    @model_validator(mode="after")
    def _metadata_can_be_read(self) -> Self:
        columns = self.metadata_columns
        if len(self.metadata) != len(columns):
            raise ValueError(f"metadata names a column twice: {list(self.metadata)}")
        problem = problem_of(columns)
        if problem is None and columns and self.source == "synthetic":
            problem = "metadata is given, but generated phantoms have none beside their scanner, which is their origin"
        if problem is None and columns and self.layout_found == "folder" and self.manifest == "none":
            problem = "metadata names columns of MANIFEST.csv, but manifest is 'none': set it to auto or to a CSV"
        if problem is None and self.layout_found == "dicom":
            problem = problem_in_dicom(columns)
        if problem is not None:
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _names_are_unambiguous(self) -> Self:
        if self.classes != "auto":
            if len({canonical_name(name) for name in self.classes}) != len(self.classes):
                raise ValueError(f"classes names one class twice: {list(self.classes)}")
            ignored = {canonical_name(name) for name in self.names_left_out}
            contradictions = [name for name in self.classes if canonical_name(name) in ignored]
            if contradictions:
                raise ValueError(
                    f"{contradictions} stand in classes, and are left out by ignored_labels or labels: remove them "
                    "from one"
                )
            strangers = sorted(
                label
                for label in set(self.spellings.values()) - set(self.classes)
                if canonical_name(label) not in ignored
            )
            if strangers:
                raise ValueError(
                    f"labels maps to {strangers}, which stand neither in classes {list(self.classes)} "
                    f"nor in ignored_labels {list(self.ignored_labels)}"
                )
        spelt: dict[str, str] = {}
        for label in self.spellings.values():
            if spelt.setdefault(canonical_name(label), label) != label:
                raise ValueError(
                    f"labels maps to {spelt[canonical_name(label)]!r} and to {label!r}: write one class one way"
                )
        mapped: dict[str, str | None] = {}
        for name, label in self.labels.items():
            if mapped.setdefault(canonical_name(name), label) != label:
                raise ValueError(f"labels maps spellings of {name!r} to {label!r} and {mapped[canonical_name(name)]!r}")
        return self
