"""Whether a source may have changed, without reading its images."""

import hashlib
import os
from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.sources.kaggle import dataset_folder
from medimage.errors import ConfigurationError


def source_fingerprint(config: DataConfig, *, cache: Path) -> str:
    """Returns a hash that changes when a file of the source is added, removed, renamed, resized or rewritten.

    It goes into the cache key of the download step, so that new images are noticed. A change of times alone makes
    that step run again, and no other: later steps compare content.

    Args:
        config: The data section of the run's configuration.
        cache: Folder that keeps downloads between runs.

    Raises:
        ConfigurationError: If the folder is not there.
    """
    if config.source == "synthetic":
        return "synthetic"
    folder = dataset_folder(config.kaggle, cache=cache) if config.source == "kaggle" else Path(str(config.path))
    if config.source == "kaggle" and not folder.exists():
        return "not downloaded"
    if not folder.is_dir():
        raise ConfigurationError(
            f"data.path must be a folder of class folders but {folder.absolute()} is "
            f"{'a file' if folder.exists() else 'not there'}."
        )
    digest = hashlib.sha256()
    for directory, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = Path(directory, file)
            state = path.stat()
            digest.update(f"{path.relative_to(folder).as_posix()} {state.st_size} {state.st_mtime_ns}\n".encode())
    if isinstance(config.manifest, Path) and config.manifest.is_file():
        digest.update(config.manifest.read_bytes())
    return digest.hexdigest()
