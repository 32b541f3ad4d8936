"""Writing a backup, while runs go on."""

import datetime
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import medimage
from medimage.backup.contents import find_contents
from medimage.backup.databases import copy_database, is_database
from medimage.backup.manifest import FILES_FOLDER, MANIFEST_NAME, Manifest, StoredFile
from medimage.errors import StorageError
from medimage.exit_codes import storage_problem
from medimage.workspace import is_of_dead_process, owner_prefix, temporary_folders

_PARTIAL = ".partial."


def write_backup(
    file: Path,
    *,
    home: Path,
    stores: Path,
    artifacts: bool,
    packages: Mapping[str, str],
    elsewhere: tuple[str, ...] = (),
) -> Manifest:
    """Writes what of a workspace cannot be made again to one tar file: whole, or not at all.

    Databases are copied first and other files after them: what a database names was there before it did.

    Args:
        file: The file, outside of the workspace; only its owner may read it, because it holds secrets of the workspace.
        home: The workspace; it must be in use by this process, so that nothing of it is cleaned away meanwhile.
        stores: Folder of ZenML's local stores.
        artifacts: Whether artifact stores are kept whole.
        packages: Versions of the packages whose databases are kept.
        elsewhere: What belongs to the workspace and lies outside of it, for a person to read.

    Returns:
        What the backup says of itself.

    Raises:
        StorageError: If a file cannot be read or written, or a database is damaged. What was there before is still.
    """
    _remove_partial_files(file)
    try:
        with _partial(file) as partial, tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
            os.chmod(partial, 0o600)  # noqa: PTH101 - before anything is in it
            manifest = _fill(
                archive, home=home, stores=stores, artifacts=artifacts, packages=packages, elsewhere=elsewhere
            )
    except StorageError:
        raise
    except Exception as error:
        # Not to be allowed may be said of reading as well.
        reason = error.strerror if isinstance(error, PermissionError) else storage_problem(error)
        reason = reason or getattr(error, "strerror", None)
        if reason is None:
            raise
        where = getattr(error, "filename", None) or file
        raise StorageError(
            f"The backup {file} was not written: {reason} ({where}). Nothing is left of it. Make room, or back up as "
            "the user who owns the workspace."
        ) from error
    return manifest


def _fill(
    archive: tarfile.TarFile,
    *,
    home: Path,
    stores: Path,
    artifacts: bool,
    packages: Mapping[str, str],
    elsewhere: tuple[str, ...],
) -> Manifest:
    contents = find_contents(home, stores=stores, artifacts=artifacts)
    # ZenML's before MLflow's: what ZenML links with a registered version, MLflow has registered before.
    databases = sorted((path for path in contents.files if is_database(path)), key=lambda path: path.name != "zenml.db")
    files: dict[str, StoredFile] = {}
    with tempfile.TemporaryDirectory(dir=temporary_folders(), prefix=owner_prefix()) as name:
        for database in databases:
            copy = Path(name) / "copy.db"
            copy_database(database, copy)
            _add(archive, copy, called=database.relative_to(home).as_posix(), files=files)
            copy.unlink()
    # Looked for anew: what the databases name by now may not have been there before.
    contents = find_contents(home, stores=stores, artifacts=artifacts)
    for path in contents.files:
        if path not in databases:
            _add(archive, path, called=path.relative_to(home).as_posix(), files=files)
    manifest = Manifest(
        workspace=str(home),
        made=datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
        version=medimage.__version__,
        packages=dict(packages),
        artifacts=artifacts,
        files=files,
        left_out=(*contents.left_out, *elsewhere),
    )
    content = manifest.to_json()
    member = tarfile.TarInfo(MANIFEST_NAME)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
    return manifest


def _add(archive: tarfile.TarFile, path: Path, *, called: str, files: dict[str, StoredFile]) -> None:
    """Adds a file as it is when it is opened; one that a run has removed meanwhile is left out."""
    try:
        opened = path.open("rb")
    except FileNotFoundError:
        return
    with opened:
        state = os.fstat(opened.fileno())
        member = tarfile.TarInfo(f"{FILES_FOLDER}/{called}")
        member.size, member.mtime, member.mode = state.st_size, int(state.st_mtime), state.st_mode & 0o777
        reading = _HashedReader(opened, size=state.st_size)
        archive.addfile(member, reading)
    files[called] = StoredFile(size=state.st_size, sha256=reading.hexdigest())


class _HashedReader(io.RawIOBase):
    """Reads the first bytes of a file, which a run may make longer meanwhile, and hashes them.

    Args:
        file: The file.
        size: How many bytes.
    """

    def __init__(self, file: io.BufferedReader, *, size: int) -> None:
        self._file = file
        self._left = size
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Returns the next bytes.

        Raises:
            StorageError: If the file became shorter.
        """
        wanted = self._left if size < 0 else min(size, self._left)
        chunk = self._file.read(wanted)
        if len(chunk) < wanted:
            raise StorageError(f"{self._file.name} was written to while it was read. Back up again.")
        self._left -= wanted
        self._digest.update(chunk)
        return chunk

    def hexdigest(self) -> str:
        """Returns the SHA-256 of what was read."""
        return self._digest.hexdigest()


@contextmanager
def _partial(file: Path) -> Iterator[Path]:
    """Lends the name of a file that takes the place of another one when the block has ended well."""
    partial = file.with_name(f".{file.name}{_PARTIAL}{owner_prefix()}tar")
    try:
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _remove_partial_files(file: Path) -> None:
    """Removes what backups to the same file left whose processes were killed."""
    prefix = f".{file.name}{_PARTIAL}"
    if not file.parent.is_dir():
        return
    for left in file.parent.iterdir():
        if left.name.startswith(prefix) and is_of_dead_process(left.name.removeprefix(prefix)):
            left.unlink(missing_ok=True)
