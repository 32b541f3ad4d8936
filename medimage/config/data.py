"""Where images come from, what their classes are, and when the data may not be trusted."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.class_names import canonical_name
from medimage.config.section import Section

ColorMode = Literal["gray", "rgb"]
ClassName = Annotated[str, Field(min_length=1)]


class KaggleConfig(Section):
    """A Kaggle dataset, downloaded once per version and reused afterwards."""

    dataset: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    """Owner and name of the dataset, as `owner/name`."""

    version: Annotated[int, Field(ge=1)] | None = None
    """Version number of the dataset. When not given, the newest one is downloaded once, and that copy is used until
    the folder that the log names is deleted."""

    subfolder: str | None = None
    """Folder inside the dataset that holds the class folders; its top when not given."""


class SyntheticConfig(Section):
    """Procedural chest phantoms: five classes, several images per patient, two scanners."""

    patients_per_class: Annotated[int, Field(ge=3)] = 150
    """Patients of each class."""

    images_per_patient: Annotated[int, Field(ge=1, le=8)] = 2
    """Images of each patient."""

    image_size: Annotated[int, Field(ge=32, le=1024)] = 128
    """Height and width of an image, in pixels."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the generator: the same seed gives the same bytes."""


class AuditConfig(Section):
    """When the data are too poor, too similar or too unequal to train on."""

    near_duplicate_similarity: Annotated[float, Field(gt=0, le=1)] = 0.97
    """Correlation of two foreground crops from which they count as near-duplicates."""

    group_duplicates: bool = True
    """Keep exact and near-duplicates on one side of every split."""

    minimum_images_per_class: Annotated[int, Field(ge=1)] = 10
    """Fewer usable images of a class stop the run."""

    maximum_quarantined_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """A larger share of unusable images stops the run."""


class DataConfig(Section):
    """The images of one problem."""

    source: Literal["synthetic", "folder", "kaggle"] = "folder"
    """Where images come from: generated phantoms, a folder of class folders, or Kaggle."""

    path: Path | None = None
    """Folder of class folders, with or without train, val and test above them."""

    # From left to right, or pydantic would make a path of the word `auto`.
    manifest: Annotated[Literal["auto", "none"] | Path, Field(union_mode="left_to_right")] = "auto"
    """CSV with the columns file, label, patient_id and source; `auto` reads MANIFEST.csv if there is one,
    `none` reads none."""

    classes: Literal["auto"] | Annotated[tuple[ClassName, ...], Field(min_length=2)] = "auto"
    """Class names in the order of the model's outputs; `auto` takes all that the data have, sorted."""

    labels: dict[str, ClassName] = Field(default={})
    """Other spellings of a class: name found in the data → class. Case, spaces, `-` and `_` do not matter."""

    ignored_labels: tuple[str, ...] = ()
    """Names found in the data that are left out knowingly, where `classes` are listed; `auto` takes every class."""

    color_mode: ColorMode = "gray"
    """Decode, store and augment images with one channel (`gray`) or three (`rgb`)."""

    images_per_class: Annotated[int, Field(ge=1)] | None = None
    """Keep at most so many images per class, chosen by content hash; all when not given."""

    batch_size: Annotated[int, Field(ge=2)] | None = None
    """Batch size for this data set, where the model's entry in `training.batch_sizes` gives none."""

    kaggle: KaggleConfig = KaggleConfig()
    synthetic: SyntheticConfig = SyntheticConfig()
    audit: AuditConfig = AuditConfig()

    def for_reading(self) -> Self:
        """Returns the settings with those at their defaults that do not decide which images are read and as what.

        The result of reading does not depend on them, so neither may its cache key.
        """
        others = ("audit", "batch_size", "color_mode")
        return self.model_copy(update={name: type(self).model_fields[name].default for name in others})

    @model_validator(mode="after")
    def _source_is_complete(self) -> Self:
        if self.source == "folder" and self.path is None:
            raise ValueError("source 'folder' needs data.path: the folder that holds the class folders")
        if self.source == "kaggle" and self.kaggle.dataset is None:
            raise ValueError("source 'kaggle' needs data.kaggle.dataset, as owner/name")
        return self

    @model_validator(mode="after")
    def _names_are_unambiguous(self) -> Self:
        if self.classes != "auto":
            if len({canonical_name(name) for name in self.classes}) != len(self.classes):
                raise ValueError(f"classes names one class twice: {list(self.classes)}")
            ignored = {canonical_name(name) for name in self.ignored_labels}
            contradictions = [name for name in self.classes if canonical_name(name) in ignored]
            if contradictions:
                raise ValueError(f"{contradictions} stand in classes and in ignored_labels: remove them from one")
            strangers = sorted(
                label for label in set(self.labels.values()) - set(self.classes) if canonical_name(label) not in ignored
            )
            if strangers:
                raise ValueError(
                    f"labels maps to {strangers}, which stand neither in classes {list(self.classes)} "
                    f"nor in ignored_labels {list(self.ignored_labels)}"
                )
        mapped: dict[str, str] = {}
        for name, label in self.labels.items():
            if mapped.setdefault(canonical_name(name), label) != label:
                raise ValueError(f"labels maps spellings of {name!r} to {label!r} and {mapped[canonical_name(name)]!r}")
        return self
