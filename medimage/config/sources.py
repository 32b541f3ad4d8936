"""Where images can come from, each source with its own settings."""

from typing import Annotated

from pydantic import Field

from medimage.config.section import Section


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
