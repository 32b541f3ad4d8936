"""Putting a backup in the place of what lies in a workspace."""

import datetime
import os
import shutil
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from medimage.backup.contents import SET_ASIDE, STAGING
from medimage.backup.databases import is_database, schema_revision
from medimage.backup.manifest import Manifest
from medimage.backup.read_backup import unpack_backup
from medimage.errors import ConfigurationError, StorageError
from medimage.whole_file import write_whole
from medimage.workspace import RESTORING_FILE, WORKSPACE_VARIABLE, is_of_dead_process, owner_prefix
from medimage.workspace_use import use_lock


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What became of a restore.

    Attributes:
        manifest: What the backup says of itself.
        set_aside: Folder with what lay in the workspace before; None where it was empty.
    """

    manifest: Manifest
    set_aside: Path | None


def restore_backup(
    file: Path,
    *,
    home: Path,
    force: bool,
    schemas: Mapping[str, Container[str]],
    require_unused: Callable[[], None] = lambda: None,
    finish: Callable[[Manifest], None] = lambda _: None,
) -> Restored:
    """Puts a backup into a workspace that nobody else uses.

    All of it is unpacked and checked first. What lay in the workspace is kept in a folder beside it.

    Args:
        file: The backup.
        home: The workspace, which this process holds alone.
        force: Whether what lies there may be set aside.
        schemas: Revisions of tables that the installed packages know, by the name of the database's file.
        require_unused: Called when all is unpacked, which may take long, and nothing is changed yet; raises where
            something has begun to use the workspace.
        finish: Called with what the backup says of itself before the workspace counts as whole.

    Raises:
        ConfigurationError: If the workspace is not empty and it is not to be forced.
        StorageError: If the backup is damaged, of another place, or of a later version; or the system does not let it.
    """
    _remove_staging(home)
    if not force and _holds_something(home):
        raise ConfigurationError(
            f"{home} is not empty. Add --force to put the backup in its place: what lies there is kept in a folder "
            f"{SET_ASIDE}… inside it. Or choose an empty one with {WORKSPACE_VARIABLE}=FOLDER."
        )
    staging = home / f"{STAGING}{owner_prefix()}files"
    try:
        staging.mkdir()
        manifest = unpack_backup(file, staging)
        _require_same_place(manifest, home)
        _require_known_schemas(staging, manifest, schemas)
        # The system may keep for itself for half a minute what was unpacked, and lose it with its power.
        os.sync()
        require_unused()
        aside = _swap(staging, home)
        finish(manifest)
        os.sync()
        (home / RESTORING_FILE).unlink()
        return Restored(manifest=manifest, set_aside=aside)
    except OSError as error:
        raise StorageError(
            f"{error.filename or home} cannot be changed: {error.strerror}. Restore as the user who owns the workspace."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def set_aside_folders(home: Path) -> tuple[Path, ...]:
    """Returns the folders that hold what restored backups took the place of."""
    return tuple(sorted(home.glob(f"{SET_ASIDE}*")))


def _require_same_place(manifest: Manifest, home: Path) -> None:
    if Path(manifest.workspace).resolve() != home.resolve():
        raise StorageError(
            f"The backup is of the workspace {manifest.workspace}, and its databases name their files there by whole "
            f"paths; {home} is another place. Restore it with {WORKSPACE_VARIABLE}={manifest.workspace}, or make that "
            "path a symbolic link to the folder where it is to be. Nothing was changed."
        )


def _require_known_schemas(staging: Path, manifest: Manifest, schemas: Mapping[str, Container[str]]) -> None:
    for name in manifest.files:
        path = staging / name
        if path.name not in schemas or not is_database(path):
            continue
        revision = schema_revision(path)
        if revision is not None and revision not in schemas[path.name]:
            made_with = ", ".join(f"{package} {version}" for package, version in sorted(manifest.packages.items()))
            raise StorageError(
                f"{name} in the backup has tables of a version ({revision}) that the installed packages do not know: "
                f"it was made by medimage {manifest.version} with {made_with}. Install that version, or a later one, "
                "and restore again. Nothing was changed."
            )


def _swap(staging: Path, home: Path) -> Path | None:
    # From here on until the end, no command takes the workspace for a whole one.
    write_whole(home / RESTORING_FILE, b"")
    before = [path for path in _entries(home) if path != staging]
    aside: Path | None = None
    if before:
        aside = home / f"{SET_ASIDE}{datetime.datetime.now(tz=datetime.UTC):%Y%m%dT%H%M%S%f}"
        aside.mkdir()
        for path in before:
            path.rename(aside / path.name)
    for path in sorted(staging.iterdir()):
        path.rename(home / path.name)
    return aside


def _entries(home: Path) -> Iterator[Path]:
    """Yields what lies in a workspace, without its lock, earlier workspaces, and what a restore needs itself."""
    for path in sorted(home.iterdir()):
        if path != use_lock() and path.name != RESTORING_FILE and not path.name.startswith((SET_ASIDE, STAGING)):
            yield path


def _holds_something(home: Path) -> bool:
    """Returns whether any file lies in a workspace; folders alone are made by looking at it."""
    return (home / RESTORING_FILE).exists() or any(
        path.is_symlink() or path.is_file() or any(not below.is_dir() for below in path.rglob("*"))
        for path in _entries(home)
    )


def _remove_staging(home: Path) -> None:
    for path in home.glob(f"{STAGING}*"):
        if is_of_dead_process(path.name.removeprefix(STAGING)):
            shutil.rmtree(path, ignore_errors=True)
