"""Where images can come from, each source with its own settings."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

from medimage.config.names import DatasetName
from medimage.config.section import Section


def _inside(subfolder: str) -> str:
    path = PurePosixPath(subfolder)
    if path.is_absolute() or ".." in path.parts or "\\" in subfolder:
        raise ValueError(f"must be a path inside the dataset, with / between folders, but is {subfolder!r}")
    return subfolder


Subfolder = Annotated[str, Field(min_length=1), AfterValidator(_inside)]


class KaggleConfig(Section):
    """A Kaggle dataset, downloaded once per version and reused afterwards."""

    dataset: DatasetName | None = None
    """Owner and name of the dataset, as `owner/name`: the end of the address of its web page."""

    version: Annotated[int, Field(ge=1)] | None = None
    """Version number of the dataset. When not given, each run asks Kaggle for the newest one, and downloads it where
    it is not there yet; without a network, the newest one that is there is used."""

    subfolder: Subfolder | None = None
    """Folder inside the dataset that holds the images; its top when not given."""


class ArchiveConfig(Section):
    """A zip or tar archive, unpacked once and reused afterwards."""

    subfolder: Subfolder | None = None
    """Folder inside the archive that holds the images; its top when not given."""


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
