"""Folders that stand for a class by their place."""

from pathlib import Path

from medimage.data.sources.file_names import written_name
from medimage.data.sources.files_below import visible_folders
from medimage.data.sources.split_names import SPLIT_NAMES
from medimage.errors import DataError


def class_folders(root: Path) -> list[str]:
    """Returns the names of the class folders below `root`, also of empty ones: below train, val and test, or it.

    Raises:
        DataError: If a name is not UTF-8 or looks escaped: its images would be skipped one by one, and a class would be
            gone that nobody has left out.
    """
    found: list[Path] = []
    for top in visible_folders(root):
        below = visible_folders(top) if top.name.lower() in SPLIT_NAMES else []
        found += below or [top]
    for folder in found:
        if written_name(folder.name) != folder.name:
            raise DataError(
                f"The class folder {written_name(str(folder))} has a name that is not UTF-8, or has "
                r"an escape such as \xff. Rename it, or list data.classes without it."
            )
    return [folder.name for folder in found]
