"""New labelled images, laid out like the data that a model was trained on."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from medimage.config.data import DataConfig
from medimage.config.section import Section
from medimage.config.sources import ArchiveConfig, KaggleConfig
from medimage.data.sources.open_source import open_source
from medimage.data.sources.source import ImageSource
from medimage.errors import ConfigurationError, DataError, UnknownClassError
from medimage.wording import listed

SectionT = TypeVar("SectionT", bound=Section)


def new_data_config(data: DataConfig, path: Path, *, classes: Sequence[str]) -> DataConfig:
    """Returns the data section that reads new images: laid out as the configured ones, of their classes.

    Args:
        data: The data section of the run's configuration.
        path: Folder, or zip or tar archive, of the new images.
        classes: Classes of the configured data, in the order of the model's outputs.
    """
    layout = "folder" if data.source == "synthetic" else data.layout_found
    place = {"source": layout, "layout": "folder"} if path.is_dir() else {"source": "archive", "layout": layout}
    return data.model_copy(
        update={
            **place,
            "path": path,
            "classes": tuple(classes),
            # All that is new is wanted, also where the configured data are a sample.
            "images_per_class": None,
            "manifest": "auto" if isinstance(data.manifest, Path) else data.manifest,
            # One that lies with the configured data does not describe these.
            "table": _beside(data.table, "file"),
            "dicom": _beside(data.dicom, "table"),
            "archive": ArchiveConfig(),
            "kaggle": KaggleConfig(),
        }
    ).for_reading()


def _beside(section: SectionT, key: str) -> SectionT:
    """Returns a section whose table is looked for in the folder of the images, and not somewhere else."""
    table: Path | None = getattr(section, key)
    return section if table is None or not table.is_absolute() else section.model_copy(update={key: None})


def open_new_data(config: DataConfig, *, cache: Path) -> ImageSource:
    """Opens new images; they need not be of every class, and must not be of another one.

    Args:
        config: What `new_data_config` gave.
        cache: Folder that keeps extracted archives between runs.

    Raises:
        UnknownClassError: If one has a label that is no class of the model.
        ConfigurationError: If they are not laid out like the configured data.
        DataError: If there is no image, or one has no label.
    """
    try:
        source = open_source(config, cache=cache, has_every_class=False)
        # Labels are read when they are first asked for.
        len(source)
    except UnknownClassError as error:
        classes = listed([repr(name) for name in config.classes])
        raise UnknownClassError(
            f"--new-data: {str(error).partition(', which is not among')[0]}, but the model knows the classes {classes} "
            "only. Map it to one of them or leave its images out with data.labels. A class that is new makes another "
            "model: put its images among the configured data and train that with pipelines.train_pipeline."
        ) from error
    except (ConfigurationError, DataError) as error:
        raise type(error)(f"--new-data: {error}") from error
    return source
