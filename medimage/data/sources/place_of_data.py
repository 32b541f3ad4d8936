"""What messages call the place of the images: what the user named, and not the folder that keeps its copy."""

from pathlib import Path

from medimage.config.data import DataConfig


def place_of_data(root: Path, config: DataConfig) -> str:
    """Returns the folder, archive or dataset that holds the images, with the subfolder that is read.

    Args:
        root: The folder that is read.
        config: The data section of the run's configuration.
    """
    if config.source == "archive":
        return f"{Path(str(config.path)).absolute()}{_inside(config.archive.subfolder)}"
    if config.source == "kaggle":
        return f"the dataset {config.kaggle.dataset}{_inside(config.kaggle.subfolder)}"
    return str(root.absolute())


def _inside(subfolder: str | None) -> str:
    return f", folder {subfolder!r}" if subfolder else ""
