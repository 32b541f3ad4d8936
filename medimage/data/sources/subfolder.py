"""The folder inside a downloaded or unpacked dataset that holds its images."""

from pathlib import Path

from medimage.errors import ConfigurationError


def subfolder_of(folder: Path, subfolder: str | None, *, key: str, holder: str) -> Path:
    """Returns the folder called `subfolder` inside `folder`, or `folder` itself.

    Args:
        folder: The dataset.
        subfolder: Path relative to it, or None.
        key: The setting that named it, for people to read.
        holder: What the dataset is called.

    Raises:
        ConfigurationError: If there is no such folder.
    """
    root = folder / (subfolder or "")
    if not root.is_dir():
        inside = sorted(path.name for path in folder.iterdir() if path.is_dir())
        raise ConfigurationError(f"{key} is {subfolder!r}, but {holder} has only the folders {inside}.")
    return root
