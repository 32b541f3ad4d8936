"""Puts what a backup holds back into the workspace, after every byte of it was checked.

`medimage restore FILE [--force]`
"""

import argparse
import os
import sys
from pathlib import Path

from medimage.backup.database_users import processes_with_open
from medimage.backup.restore_backup import Restored, restore_backup
from medimage.errors import ConfigurationError, StorageError, UnderWayError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.scheduling.stored_schedules import is_kept, stored_names
from medimage.workspace import mlflow_database, workspace
from medimage.workspace_use import workspace_alone
from pipelines.zenml_database import open_zenml, workspace_database


def run(file: Path, *, force: bool) -> int:
    """Restores a backup and says what became of what was there.

    Args:
        file: The backup.
        force: Whether what lies in the workspace may be set aside.

    Raises:
        ConfigurationError: If there is no such file, or the workspace is not empty and it is not to be forced.
        StorageError: If the backup is damaged, of another place, or of a later version; or the system does not let it.
        UnderWayError: If something uses the workspace.
    """
    if not file.is_file():
        raise ConfigurationError(f"There is no backup {file.absolute()}.")
    home = workspace()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with workspace_alone("restored"):
            _require_unused()
            # Alembic takes a second to import: a file that is missing is told at once.
            from pipelines.schema_revisions import known_revisions  # noqa: PLC0415

            repeated: list[int] = []
            restored = restore_backup(
                file,
                home=home,
                force=force,
                schemas=known_revisions(),
                require_unused=_require_unused,
                finish=lambda _: repeated.append(_forget_lost_steps()),
            )
    except PermissionError as error:
        raise StorageError(
            f"{error.filename or home} cannot be changed: {error.strerror}. Restore as the user who owns the workspace."
        ) from error
    _tell(restored, sum(repeated))
    return PASSED


def _require_unused() -> None:
    kept = [name for name in stored_names() if is_kept(name)]
    if kept:
        raise UnderWayError(
            f"Nothing can be restored now: the schedules {', '.join(kept)} are kept by commands in {workspace()}. End "
            "them with Ctrl-C, and start them again afterwards."
        )
    users = processes_with_open([workspace_database(), mlflow_database()])
    if users:
        raise UnderWayError(
            f"Nothing can be restored now: a database of {workspace()} is open in the processes {', '.join(users)}. "
            "Stop the dashboard with medimage dashboard --stop, and end MLflow's page."
        )


def _forget_lost_steps() -> int:
    """Has ZenML take no step from the cache whose outputs are not in the workspace any more."""
    if os.environ.get("ZENML_STORE_URL") or not workspace_database().is_file():
        return 0
    open_zenml()
    from pipelines.lost_steps import forget_lost_steps  # noqa: PLC0415 - after ZenML's database is open

    return forget_lost_steps()


def _tell(restored: Restored, repeated: int) -> None:
    manifest = restored.manifest
    sys.stdout.write(
        f"{workspace()} is as it was on {manifest.made}: {len(manifest.files)} files, all as they were written.\n"
    )
    for each in manifest.left_out:
        sys.stdout.write(f"Not in the backup: {each}\n")
    if repeated:
        sys.stdout.write(f"{repeated} steps whose outputs are not there any more run anew when they are needed.\n")
    if restored.set_aside is not None:
        sys.stdout.write(f"What was there before is kept in {restored.set_aside}: remove it when nobody needs it.\n")


def main() -> int:
    """Reads the command line and restores."""
    parser = argparse.ArgumentParser(
        prog="medimage restore", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a backup that medimage backup wrote")
    parser.add_argument(
        "--force", action="store_true", help="set aside what lies in the workspace, in a folder that is kept"
    )
    arguments = parser.parse_args()
    return run(arguments.file, force=arguments.force)


if __name__ == "__main__":
    call_and_exit(main)
