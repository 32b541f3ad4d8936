"""A Kaggle dataset, downloaded once per version."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from medimage.config.sources import KaggleConfig
from medimage.data.sources.fill_once import fill_once
from medimage.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from kaggle.api.kaggle_api_extended import KaggleApi

logger = logging.getLogger(__name__)

_WAYS_TO_LOG_IN = (
    "Give them as KAGGLE_USERNAME and KAGGLE_KEY or KAGGLE_API_TOKEN in the environment, as ~/.kaggle/kaggle.json or "
    "~/.kaggle/access_token, or log in with `kaggle auth login`; or download the dataset by hand and use "
    "`--data.source folder --data.path FOLDER`; or try `configs/quickstart.yaml`, which needs no download."
)


def kaggle_credentials() -> str | None:
    """Returns where Kaggle's credentials come from, or None where there are none. Never returns a secret."""
    home = Path(os.environ.get("KAGGLE_CONFIG_DIR", Path.home() / ".kaggle"))
    if os.environ.get("KAGGLE_API_TOKEN"):
        return "the environment variable KAGGLE_API_TOKEN"
    if os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY"):
        return "the environment variables KAGGLE_USERNAME and KAGGLE_KEY"
    for name in ("access_token", "kaggle.json", "credentials.json"):
        if (home / name).is_file():
            return f"the file {name} in Kaggle's configuration folder"
    return None


def require_kaggle_credentials() -> str:
    """Returns where Kaggle's credentials come from.

    Raises:
        ConfigurationError: If there are none.
    """
    found = kaggle_credentials()
    if found is None:
        raise ConfigurationError(f"data.source is kaggle, but no Kaggle credentials were found. {_WAYS_TO_LOG_IN}")
    return found


def dataset_folder(config: KaggleConfig, *, cache: Path) -> Path:
    """Returns the folder that a download of `config` ends in, whether it is there yet or not."""
    owner, name = str(config.dataset).split("/")
    return cache / f"{owner}__{name}" / (f"version-{config.version}" if config.version else "newest")


def copy_identity(config: KaggleConfig, *, cache: Path) -> str:
    """Returns what tells one copy of a dataset from another: the same before its download and after it.

    A version never changes. The newest one does, so a copy that replaces a deleted one has another number.
    """
    if config.version:
        return f"{config.dataset} version {config.version}"
    folder = dataset_folder(config, cache=cache)
    downloads = _downloads(folder)
    return f"{config.dataset} newest copy {max(downloads, 1) if folder.is_dir() else downloads + 1}"


def _downloads(folder: Path) -> int:
    """Returns how many downloads have ended in `folder`, those that were deleted since included."""
    try:
        return int(_download_count(folder).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _download_count(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.downloads")


def download_kaggle_dataset(config: KaggleConfig, *, cache: Path) -> Path:
    """Downloads and unpacks a dataset unless it is there, and returns the folder of its class folders.

    A download that breaks off leaves nothing that a later call would take for the dataset. Where another process has
    downloaded the same at the same time, its copy is used.

    Args:
        config: Owner, name and version.
        cache: Folder that keeps downloads between runs.

    Raises:
        ConfigurationError: If there are no credentials, or `subfolder` is not in the dataset.
        DataError: If the download fails.
    """
    folder = dataset_folder(config, cache=cache)
    if folder.is_dir():
        renewal = "" if config.version else "; delete that folder to download the newest version again"
        logger.info("Using the copy of %s that was downloaded to %s%s", config.dataset, folder, renewal)
    else:
        logger.info("Downloading %s with credentials from %s", config.dataset, require_kaggle_credentials())
        version = f"{config.dataset}/versions/{config.version}" if config.version else str(config.dataset)
        number = _downloads(folder) + 1

        def fill(partial: Path) -> None:
            _call_kaggle(lambda api: api.dataset_download_files(version, path=str(partial), quiet=False, unzip=True))
            _download_count(folder).write_text(str(number), encoding="ascii")

        fill_once(folder, fill)
    root = folder / (config.subfolder or "")
    if not root.is_dir():
        inside = sorted(path.name for path in folder.iterdir() if path.is_dir())
        raise ConfigurationError(
            f"data.kaggle.subfolder is {config.subfolder!r}, but {config.dataset} has only the folders {inside}."
        )
    return root


def _call_kaggle(action: "Callable[[KaggleApi], None]") -> None:
    try:
        # Imported here because `import kaggle` logs in, and ends the process where it cannot.
        from kaggle.api.kaggle_api_extended import KaggleApi  # noqa: PLC0415

        api = KaggleApi()
        api.authenticate()
        action(api)
    except SystemExit as error:
        raise ConfigurationError(f"Kaggle did not accept the credentials found. {_WAYS_TO_LOG_IN}") from error
    except Exception as error:
        # The client raises errors of requests, of its own, and plain ValueErrors: all mean that there is no dataset.
        raise DataError(
            f"The download from Kaggle failed: {error}. Check the dataset's name, its terms of use on the web page and "
            "the network, then start again."
        ) from error
