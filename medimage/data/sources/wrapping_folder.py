"""Class folders that lie too deep, as in archives that are packed with a folder around everything."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from medimage.config.class_names import canonical_name
from medimage.config.data import DataConfig
from medimage.data.sources.file_names import written_name
from medimage.data.sources.place_of_data import place_of_data
from medimage.data.sources.split_names import SPLIT_NAMES
from medimage.errors import ConfigurationError
from medimage.wording import listed

_SHOWN = 8
"""Folders that a message names."""


def refuse_wrapping_folder(root: Path, config: DataConfig, *, images: Iterable[str], found: Collection[str]) -> None:
    """Refuses data in which all images lie in one folder that is no known class and holds folders itself.

    Args:
        root: The folder that should hold the class folders.
        config: The data section of the run's configuration.
        images: Names of the images: their paths below `root`, with forward slashes.
        found: Names that were found for classes.

    Raises:
        ConfigurationError: Which names the setting that reads the folders inside, or the ones to move.
    """
    if len(set(found)) != 1 or _is_known(name := next(iter(found)), config):
        return
    folders = _folders_with_images(images)
    around, parts = _folder_around(folders), sorted(folders[""])
    if around is not None and around.parts[0] == name:
        raise ConfigurationError(
            f"Expected the class folders directly in {place_of_data(root, config)} but there is only the folder "
            f"{str(around)!r}, which holds {_listed(folders[str(around)])}. Where the classes are in there, set "
            f"{_setting(root, around, config)}."
        )
    wrapped = [folders.get(f"{part}/{name}", set()) for part in parts if folders.get(part) == {name}]
    if all(part.lower() in SPLIT_NAMES for part in parts) and len(wrapped) == len(parts) and all(wrapped):
        raise ConfigurationError(
            f"Expected the class folders directly in {_listed(parts)} in {place_of_data(root, config)} but there is "
            f"only the folder {name!r}, which holds {_listed(set().union(*wrapped))}. Where the classes are in there, "
            "move them one folder up."
        )


def _folders_with_images(images: Iterable[str]) -> dict[str, set[str]]:
    """Returns the folders with images directly in each folder: path below the root, which is empty → names."""
    folders: dict[str, set[str]] = defaultdict(set)
    for path in {image.rpartition("/")[0] for image in images}:
        above = ""
        for folder in path.split("/") if path else ():
            folders[above].add(folder)
            above = f"{above}/{folder}" if above else folder
    return folders


def _folder_around(folders: Mapping[str, set[str]]) -> PurePosixPath | None:
    """Returns the path of the folder in which folders begin to be several, or to be parts of a split.

    None where they are so in the root itself, and where no folder holds folders.
    """
    holder, inside = "", folders.get("", set())
    while len(inside) == 1 and (only := next(iter(inside))).lower() not in SPLIT_NAMES:
        holder = f"{holder}/{only}" if holder else only
        inside = folders.get(holder, set())
    return PurePosixPath(holder) if inside and holder else None


def _listed(names: Collection[str]) -> str:
    return listed([repr(name) for name in sorted(names)], most=_SHOWN)


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
