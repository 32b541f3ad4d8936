"""Telling that a table names files by whole paths, where places below the folder of the data are meant."""

import re
from collections.abc import Iterable
from pathlib import PureWindowsPath


def advice_on_whole_paths(names: Iterable[str]) -> str:
    """Returns a sentence with a space before it where a name is a whole path, or leads out of a folder; else nothing.

    Args:
        names: Names of files that were not found, with the separators of any system.
    """
    if any(PureWindowsPath(name).anchor or ".." in re.split(r"[/\\]", name) for name in names):
        return " Write their places relative to that folder, without a drive, a first / and '..'."
    return ""
