"""Class folders that lie too deep, as in archives that are packed with a folder around everything."""

from collections.abc import Collection
from pathlib import Path, PurePosixPath

from medimage.config.class_names import canonical_name
from medimage.config.data import DataConfig
from medimage.data.sources.file_names import written_name
from medimage.data.sources.files_below import visible_folders
from medimage.data.sources.place_of_data import place_of_data
from medimage.data.sources.split_names import SPLIT_NAMES
from medimage.errors import ConfigurationError
from medimage.wording import listed

_SHOWN = 8
"""Folders that a message names."""


def refuse_wrapping_folder(root: Path, config: DataConfig, *, found: Collection[str]) -> None:
    """Refuses data in which all images lie in one folder that is no known class and holds folders itself.

    Args:
        root: The folder that should hold the class folders.
        config: The data section of the run's configuration.
        found: Names that were found for classes.

    Raises:
        ConfigurationError: Which names the setting that reads the folders inside.
    """
    around = _folder_around(root)
    if around is None or set(found) != {around.parts[0]} or _is_known(around.parts[0], config):
        return
    inside = listed([repr(written_name(folder.name)) for folder in visible_folders(root / around)], most=_SHOWN)
    name = written_name(str(around))
    raise ConfigurationError(
        f"Expected the class folders directly in {place_of_data(root, config)} but there is only the folder {name!r}, "
        f"which holds {inside}. Where the classes are in there, set {_setting(root, around, config)}."
    )


def _folder_around(root: Path) -> PurePosixPath | None:
    """Returns the path below `root` of the folder in which folders begin to be several, or to be parts of a split.

    None where they are so in `root` itself, and where no folder holds folders.
    """
    holder, folders = root, visible_folders(root)
    while len(folders) == 1 and folders[0].name.lower() not in SPLIT_NAMES:
        holder = folders[0]
        folders = visible_folders(holder)
    return PurePosixPath(holder.relative_to(root).as_posix()) if folders and holder != root else None


def _is_known(name: str, config: DataConfig) -> bool:
    classes = () if config.classes == "auto" else config.classes
    return canonical_name(name) in map(canonical_name, (*classes, *config.labels, *config.ignored_labels))


def _setting(root: Path, around: PurePosixPath, config: DataConfig) -> str:
    if config.source == "archive":
        return f"data.archive.subfolder: {_below(config.archive.subfolder, around)!r}"
    if config.source == "kaggle":
        return f"data.kaggle.subfolder: {_below(config.kaggle.subfolder, around)!r}"
    return f"data.path: {written_name(str(root / around))!r}"


def _below(subfolder: str | None, around: PurePosixPath) -> str:
    return written_name(str(PurePosixPath(subfolder or "", around)))
