"""Which columns of a table of images say what, and where its images lie."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.class_names import canonical_name
from medimage.config.section import Section
from medimage.config.sources import Subfolder

ColumnName = Annotated[str, Field(min_length=1)]


class TableConfig(Section):
    """A CSV with one row per image, and folders with the images: for layout `table`."""

    file: Path | None = None
    """The CSV, relative to the folder of the data; MANIFEST.csv or the only CSV directly in it when not given."""

    images: tuple[Subfolder, ...] = ()
    """Folders with the images, relative to the folder of the data; images elsewhere are not used. All when empty."""

    image_column: ColumnName = "image"
    """Column that names the image: its path, its file name, or its file name without the suffix."""

    label_column: ColumnName = "label"
    """Column with the class."""

    group_column: ColumnName | None = None
    """Column with the patient, lesion or study, whose images a split keeps together; none when not given."""

    origin_column: ColumnName | None = None
    """Column with the hospital, scanner or collection; none when not given."""

    split_column: ColumnName | None = None
    """Column with the given split (train, val, test); none when not given."""

    missing: Literal["refuse", "skip"] = "refuse"
    """What to do about rows whose image is not there: refuse the data, or skip the rows and say so."""

    @property
    def columns(self) -> dict[str, str]:
        """Setting → name of the column, of those that are given."""
        settings = ("image_column", "label_column", "group_column", "origin_column", "split_column")
        given = {setting: getattr(self, setting) for setting in settings}
        return {setting: name for setting, name in given.items() if name is not None}

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        by_name: dict[str, str] = {}
        for setting, name in self.columns.items():
            other = by_name.setdefault(canonical_name(name), setting)
            # Where nobody has patients, an image may well be its own group.
            if other != setting and (other, setting) != ("image_column", "group_column"):
                raise ValueError(f"{other} and {setting} are both {name!r}: a column cannot be both")
        return self
