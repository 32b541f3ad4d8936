"""Whether a source may have changed, without reading its images."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.sources.archive import archive_hash
from medimage.data.sources.dicom.pseudonym import read_salt, salt_tag
from medimage.data.sources.dicom.untold import untold
from medimage.data.sources.file_reading import read_whole, unreadable, why_no_file
from medimage.data.sources.files_below import names_below, why_no_image
from medimage.data.sources.kaggle import copy_identity


def source_fingerprint(config: DataConfig, *, cache: Path) -> str:
    """Returns a hash that changes when a file of the source is added, removed, renamed, resized or rewritten.

    It goes into the cache key of the download step, so that new images are noticed. A change of times alone makes
    that step run again, and no other: later steps compare content. A Kaggle dataset is known by its name and version,
    so that the run that downloads it and those after it have the same key. An archive is known by its hash. Of DICOM
    files, the patients' pseudonyms depend on the salt as well.

    Args:
        config: The data section of the run's configuration.
        cache: Folder that keeps downloads between runs.

    Raises:
        ConfigurationError: If the folder or archive is not there, or `MEDIMAGE_SALT` is too short.
        DataError: If a file or folder below it cannot be read.
        StorageError: If the salt of the workspace is needed and cannot be kept.
    """
    if config.source == "synthetic":
        return "synthetic"
    digest = hashlib.sha256()
    if config.source == "kaggle":
        digest.update(f"{copy_identity(config.kaggle, cache=cache)}\n".encode())
    elif config.source == "archive":
        digest.update(archive_hash(Path(str(config.path)), cache=cache).encode())
    else:
        root = Path(str(config.path))
        told = partial(untold, root) if config.layout_found == "dicom" else str
        for name in names_below(root, told=told):
            digest.update(f"{name} {_state(root, name, told)}\n".encode("utf-8", "surrogateescape"))
    for file in _files_elsewhere(config):
        if file.is_file() and why_no_file(file) is None:
            digest.update(read_whole(file))
    if config.layout_found == "dicom":
        digest.update(salt_tag(read_salt()).encode())
    return digest.hexdigest()


def _files_elsewhere(config: DataConfig) -> list[Path]:
    """Returns the files that say what the images are and need not lie below the folder of the data.

    In an archive or a Kaggle dataset, a relative one lies within, and is known by what identifies the whole.
    """
    if isinstance(config.manifest, Path):
        return [config.manifest]
    table = {"table": config.table.file, "dicom": config.dicom.table}.get(config.layout_found)
    if table is None:
        return []
    if config.source in ("archive", "kaggle"):
        return [Path(table)] if Path(table).is_absolute() else []
    return [Path(str(config.path)) / table]


def _state(root: Path, name: str, told: Callable[[Path], str]) -> str:
    path = root / name
    if why_no_file(path) is not None:
        # Nothing of it is read, and a pipe's times change with what passes through it.
        return "no file"
    try:
        # Editors leave links to nothing beside the files they hold open; such a file is skipped anyway.
        is_lock = why_no_image(name) is not None and path.is_symlink() and not path.exists()
        state = path.lstat() if is_lock else path.stat()
    except OSError as error:
        raise unreadable(told(path), error) from None
    return f"{state.st_size} {state.st_mtime_ns}"
