"""A zip or tar archive on this machine, unpacked once and reused afterwards."""

import hashlib
import logging
import time
from pathlib import Path

from medimage.data.sources.archive_members import require_archive
from medimage.data.sources.extraction import ExtractionLimits, extract
from medimage.data.sources.fill_once import fill_once
from medimage.data.sources.storage import on_disk
from medimage.errors import ConfigurationError, DataError
from medimage.last_use import mark_used
from medimage.whole_file import write_whole

logger = logging.getLogger(__name__)

_SETTLED_NS = 2 * 10**9
"""Age of a file's last change, in nanoseconds, from which a later change must show in its time: some disks keep times
to two seconds."""


def extract_archive(path: Path, *, cache: Path, limits: ExtractionLimits | None = None) -> Path:
    """Unpacks an archive unless its content was unpacked before, and returns the folder.

    The folder is named by the SHA-256 of the archive's bytes, so a changed archive is unpacked anew, and a moved or
    renamed one is not. An extraction that breaks off leaves nothing that a later call would take for the data.

    Args:
        path: The archive: zip, or tar that is plain or compressed with gzip, bzip2 or xz.
        cache: Folder that keeps unpacked archives between runs.
        limits: What the archive may hold.

    Raises:
        ConfigurationError: If there is no such file.
        DataError: If it cannot be read, is damaged, or must not be unpacked.
        StorageError: If it cannot be unpacked for want of space or permission.
    """
    folder = cache / "archives" / archive_hash(path, cache=cache)[:32]
    if folder.is_dir():
        logger.info("Using the copy of %s that was unpacked to %s", path, folder)
        mark_used(folder)
        return folder
    logger.info("Unpacking %s", path)
    on_disk(folder.parent, lambda: fill_once(folder, lambda partial: extract(path, partial, limits=limits)))
    return folder


def archive_hash(path: Path, *, cache: Path) -> str:
    """Returns the SHA-256 of an archive's bytes, from memory where its size and its time of change are the same.

    Args:
        path: The archive.
        cache: Folder that keeps what was found out between runs.

    Raises:
        ConfigurationError: If there is no such file.
        DataError: If it cannot be read, or begins as no archive does.
        StorageError: If the cache cannot be written to.
    """
    if not path.is_file():
        raise ConfigurationError(
            f"data.path must be a zip or tar archive but {path.absolute()} is "
            f"{'a folder: use --data.source folder' if path.is_dir() else 'not there'}."
        )
    try:
        state = path.stat()
        known = _memory(f"{path.absolute()} {state.st_size} {state.st_mtime_ns} {state.st_ino}", cache=cache)
        if known.is_file():
            return known.read_text(encoding="ascii")
        # The bytes of ten gigabytes of something else would take a minute to hash, to be refused afterwards.
        require_archive(path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"Expected to read the archive {path} but the system says: {error.strerror}.") from error
    if time.time_ns() - state.st_mtime_ns > _SETTLED_NS:
        on_disk(known.parent, lambda: known.parent.mkdir(parents=True, exist_ok=True))
        write_whole(known, digest.encode("ascii"))
    return digest


def _memory(state: str, *, cache: Path) -> Path:
    return cache / "archives" / "known" / hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()
