"""Reading a backup: unpacked to a folder of its own, and refused where anything about it is not as it was written."""

import hashlib
import os
import tarfile
from pathlib import Path, PurePosixPath

from medimage.backup.manifest import FILES_FOLDER, MANIFEST_NAME, Manifest, StoredFile
from medimage.errors import StorageError
from medimage.exit_codes import storage_problem

_CHUNK = 2**20
_LARGEST_MANIFEST = 2**28
"""A quarter of a gigabyte names more than a million files; more than that is none of ours."""


def unpack_backup(file: Path, folder: Path) -> Manifest:
    """Unpacks a backup and holds every file against the hash that the backup has of it.

    Args:
        file: The backup.
        folder: Empty folder to unpack to. Nothing is written outside of it, whatever the names in the backup.

    Returns:
        What the backup says of itself, which is true of every file in the folder.

    Raises:
        StorageError: If it cannot be read, is cut off or damaged, is of a later version, holds a link or a name that
            leads out of the folder, or there is no room for it.
    """
    found: dict[str, StoredFile] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                if manifest is not None:
                    raise _damaged(file, "something follows its list of files")
                if member.name == MANIFEST_NAME and member.isreg() and member.size <= _LARGEST_MANIFEST:
                    manifest = Manifest.from_json(_content(archive, member))
                    continue
                name = _checked_name(member, file)
                if name in found:
                    raise _damaged(file, f"{name} is in it twice")
                found[name] = _unpack(archive, member, folder / name)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _damaged(file, str(error) or type(error).__name__) from error
    except OSError as error:
        reason = storage_problem(error) or error.strerror or str(error)
        raise StorageError(
            f"The backup {file} cannot be unpacked: {reason}. Nothing was changed. Make room, or name another file."
        ) from error
    if manifest is None:
        raise _damaged(file, "its end is missing")
    if manifest.files != found:
        differing = sorted(name for name in {*found, *manifest.files} if found.get(name) != manifest.files.get(name))
        raise _damaged(file, f"{len(differing)} files are not as they were written, such as {differing[0]}")
    return manifest


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    reading = archive.extractfile(member)
    return b"" if reading is None else reading.read()


def _checked_name(member: tarfile.TarInfo, file: Path) -> str:
    """Returns the path of a file below the workspace."""
    if not member.isreg():
        raise _damaged(file, f"{member.name!r} is a link or no regular file, which no backup holds")
    path = PurePosixPath(member.name)
    inside = path.parts[1:]
    if not inside or path.parts[0] != FILES_FOLDER or ".." in inside or "\0" in member.name:
        raise _damaged(file, f"the name {member.name!r} leads out of the workspace")
    return PurePosixPath(*inside).as_posix()


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> StoredFile:
    reading = archive.extractfile(member)
    if reading is None:
        raise ValueError(f"{member.name!r} has no content")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as writing:
        # As private as it was before anything is in it.
        target.chmod((member.mode & 0o777) | 0o600)
        while chunk := reading.read(_CHUNK):
            writing.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    os.utime(target, (member.mtime, member.mtime))
    return StoredFile(size=size, sha256=digest.hexdigest())


def _damaged(file: Path, reason: str) -> StorageError:
    return StorageError(f"{file} is no whole backup of medimage: {reason}. Nothing was changed. Use another backup.")
