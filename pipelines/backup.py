"""Writes what of the workspace cannot be made again to one file, while runs go on.

`medimage backup FILE [--artifacts] [--replace]`
"""

import argparse
import os
import sys
from importlib.metadata import version
from pathlib import Path

from medimage.backup.write_backup import write_backup
from medimage.errors import ConfigurationError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.hidden_credentials import hide_credentials
from medimage.workspace import local_tracking_uri, require_writable_workspace, workspace
from medimage.workspace_use import workspace_in_use
from pipelines.zenml_database import settings_folder, workspace_database

_PACKAGES = ("zenml", "mlflow", "bentoml")


def run(file: Path, *, artifacts: bool, replace: bool) -> int:
    """Writes a backup and says what is in it and what is not.

    Args:
        file: The file.
        artifacts: Whether the artifact store is taken as well.
        replace: Whether a file that is there may be replaced, once the new one is whole.

    Raises:
        ConfigurationError: If the file lies in the workspace, or is there already.
        StorageError: If something cannot be read or written.
    """
    file = file.absolute()
    if file.resolve().is_relative_to(workspace().resolve()):
        raise ConfigurationError(
            f"{file} lies in the workspace that is backed up: name a file elsewhere, best on another disk."
        )
    if file.exists() and not (replace and file.is_file()):
        raise ConfigurationError(f"{file} is there already: name another file, or add --replace.")
    home = require_writable_workspace()
    with workspace_in_use():
        manifest = write_backup(
            file,
            home=home,
            stores=workspace_database().parents[1],
            artifacts=artifacts,
            packages={package: version(package) for package in _PACKAGES},
            elsewhere=tuple(_elsewhere()),
        )
    size = sum(each.size for each in manifest.files.values())
    sys.stdout.write(f"{file}: {len(manifest.files)} files, {size / 2**20:.1f} MiB, each with its SHA-256.\n")
    for each in manifest.left_out:
        sys.stdout.write(f"Not in it: {each}\n")
    sys.stdout.write(
        "It holds secrets of the workspace, such as the salt of patients' hashes: keep it as you keep those.\n"
    )
    return PASSED


def _elsewhere() -> list[str]:
    """Returns what the workspace works with that does not lie in it."""
    found = []
    tracking = os.environ["MLFLOW_TRACKING_URI"]
    if tracking != local_tracking_uri():
        found.append(f"MLflow at {hide_credentials(tracking)}: back it up where it is")
    if os.environ.get("ZENML_STORE_URL"):
        found.append(f"ZenML at {hide_credentials(os.environ['ZENML_STORE_URL'])}: back it up where it is")
    folders = {
        "ZenML's settings": settings_folder(),
        "ZenML's stores": workspace_database().parents[1],
        "Bentos": Path(os.environ["BENTOML_HOME"]),
    }
    for name, folder in folders.items():
        if not folder.resolve().is_relative_to(workspace().resolve()):
            found.append(f"{name} at {folder}: outside of the workspace")
    return found


def main() -> int:
    """Reads the command line and writes a backup."""
    parser = argparse.ArgumentParser(
        prog="medimage backup", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="file to write, a tar archive outside of the workspace")
    parser.add_argument(
        "--artifacts",
        action="store_true",
        help="take the artifact store as well: images, pixels and weights of every run, so that steps stay cached",
    )
    parser.add_argument("--replace", action="store_true", help="replace FILE where it is there already")
    arguments = parser.parse_args()
    return run(arguments.file, artifacts=arguments.artifacts, replace=arguments.replace)


if __name__ == "__main__":
    call_and_exit(main)
