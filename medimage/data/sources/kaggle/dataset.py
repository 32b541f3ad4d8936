"""A Kaggle dataset, downloaded once per version."""

import logging
import re
from pathlib import Path

from medimage.config.sources import KaggleConfig
from medimage.data.sources.archive_members import is_archive
from medimage.data.sources.extraction import ExtractionLimits, extract
from medimage.data.sources.fill_once import fill_once
from medimage.data.sources.kaggle.client import KaggleClient, dataset_page, unreachable
from medimage.data.sources.kaggle.credentials import require_kaggle_credentials
from medimage.data.sources.resumable_download import ResumableDownload
from medimage.data.sources.retry import RetryPolicy, TransientError
from medimage.data.sources.storage import on_disk
from medimage.data.sources.subfolder import subfolder_of
from medimage.errors import DataError, MedimageError
from medimage.file_lock import lock_in_turn
from medimage.last_use import mark_used

logger = logging.getLogger(__name__)

_VERSION_FOLDER = re.compile(r"version-([1-9]\d{0,8})")


def dataset_folder(dataset: str, version: int, *, cache: Path) -> Path:
    """Returns the folder that the download of a version ends in, whether it is there yet or not."""
    return _folder_of_versions(dataset, cache) / f"version-{version}"


def cached_versions(dataset: str, *, cache: Path) -> tuple[int, ...]:
    """Returns the numbers of the versions that are there, ascending."""
    folder = _folder_of_versions(dataset, cache)
    if not folder.is_dir():
        return ()
    found = ((path, _VERSION_FOLDER.fullmatch(path.name)) for path in folder.iterdir())
    return tuple(sorted(int(match[1]) for path, match in found if match and path.is_dir()))


def require_kaggle_access(config: KaggleConfig, *, cache: Path) -> None:
    """Makes sure that the dataset is there, or that there are credentials to download it with.

    Raises:
        ConfigurationError: If neither is so.
    """
    there = cached_versions(str(config.dataset), cache=cache)
    if not (config.version in there if config.version else there):
        require_kaggle_credentials()


def resolve_version(config: KaggleConfig, *, cache: Path, retry: RetryPolicy | None = None) -> int:
    """Returns the number of the version that `config` means.

    Where it names none, Kaggle is asked for the newest one; where Kaggle cannot be asked, the newest copy counts, and
    the log says so.

    Args:
        config: Owner, name and version.
        cache: Folder that keeps downloads between runs.
        retry: How often and after which waits Kaggle is asked again.

    Raises:
        ConfigurationError: If there is no copy, and the credentials, the name or the dataset's terms are in the way.
        DataError: If there is no copy, and Kaggle cannot be reached.
    """
    if config.version:
        return config.version
    dataset = str(config.dataset)
    there = cached_versions(dataset, cache=cache)
    # With a copy there, nobody should have to wait long to learn that the network is away.
    patience = RetryPolicy(attempts=1) if there and retry is None else retry or RetryPolicy()
    try:
        return KaggleClient(require_kaggle_credentials(), retry=patience).newest_version(dataset)
    except MedimageError as error:
        if not there:
            raise
        logger.warning(
            "Using version %d of %s, the newest one that is on this machine: whether there is a newer one could not "
            "be found out. %s",
            there[-1], dataset, error,
        )  # fmt: skip
        return there[-1]


def name_version(config: KaggleConfig, *, cache: Path) -> KaggleConfig:
    """Returns the settings with the version that they mean: what is read with them is of no other.

    Raises:
        ConfigurationError: See `resolve_version`.
        DataError: See `resolve_version`.
    """
    return config.model_copy(update={"version": resolve_version(config, cache=cache)})


def copy_identity(config: KaggleConfig, *, cache: Path) -> str:
    """Returns what tells one copy of a dataset from another: the same before its download and after it.

    Raises:
        ConfigurationError: See `resolve_version`.
        DataError: See `resolve_version`.
    """
    return f"{config.dataset} version {resolve_version(config, cache=cache)}"


def download_kaggle_dataset(
    config: KaggleConfig, *, cache: Path, retry: RetryPolicy | None = None, limits: ExtractionLimits | None = None
) -> Path:
    """Downloads and unpacks a version unless it is there, and returns the folder of its images.

    A download that breaks off is continued by the next call, and by the next process. Where another process is
    downloading the same, it is waited for, and its copy is used.

    Args:
        config: Owner, name and version.
        cache: Folder that keeps downloads between runs.
        retry: How often and after which waits a broken download is tried again.
        limits: What the archive may hold.

    Raises:
        ConfigurationError: If there are no credentials, Kaggle does not accept them, there is no such dataset or
            version, its terms have not been accepted, or `subfolder` is not in it.
        DataError: If the download fails, or its archive must not be unpacked.
        StorageError: If the disk is full or cannot be written to.
    """
    dataset, version = str(config.dataset), resolve_version(config, cache=cache, retry=retry)
    folder = dataset_folder(dataset, version, cache=cache)
    if folder.is_dir():
        logger.info("Using the copy of %s version %d that was downloaded to %s", dataset, version, folder)
        mark_used(folder)
    else:
        on_disk(
            folder.parent,
            lambda: _download_alone(dataset, version, folder, retry=retry or RetryPolicy(), limits=limits),
        )
    return subfolder_of(folder, config.subfolder, key="data.kaggle.subfolder", holder=dataset)


def _download_alone(
    dataset: str, version: int, folder: Path, *, retry: RetryPolicy, limits: ExtractionLimits | None
) -> None:
    with lock_in_turn(folder.with_name(f".{folder.name}.lock"), what=f"downloads {dataset}"):
        # Whoever was waited for may have finished it.
        if not folder.is_dir():
            _download(dataset, version, folder, retry=retry, limits=limits)


def _download(dataset: str, version: int, folder: Path, *, retry: RetryPolicy, limits: ExtractionLimits | None) -> None:
    client = KaggleClient(require_kaggle_credentials(), retry=retry)
    logger.info("Downloading %s version %d with credentials from %s", dataset, version, client.origin)
    archive = folder.with_name(f".{folder.name}.download")
    download = ResumableDownload(
        lambda headers: client.request_archive(dataset, version, headers), archive, retry=retry, server="Kaggle"
    )
    try:
        download.run(description=f"Downloading {dataset}")
    except TransientError as error:
        failure = unreachable(error, what=f"{dataset} version {version}")
    else:
        failure = None
    if failure is not None:
        raise failure
    try:
        if not is_archive(archive):
            raise _no_archive(archive, dataset)
        fill_once(
            folder, lambda partial: extract(archive, partial, limits=limits, called=f"of {dataset} version {version}")
        )
    except DataError:
        # What is damaged or refused would be so again; it is downloaded anew.
        download.discard()
        raise
    download.discard()


def _no_archive(path: Path, dataset: str) -> DataError:
    with path.open("rb") as file:
        beginning = file.read(40)
    return DataError(
        f"Expected an archive from Kaggle but what came for {dataset} begins with {beginning!r}, as does a web page or "
        f"an empty answer. Open {dataset_page(dataset)} in a browser on this machine, and start again."
    )


def _folder_of_versions(dataset: str, cache: Path) -> Path:
    owner, name = dataset.split("/")
    return cache / f"{owner}__{name}"
