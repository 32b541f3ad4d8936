"""The one folder that everything a run leaves behind lies in, and the environment that points there."""

import logging
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from medimage.errors import StorageError
from medimage.standard_streams import open_closed_streams

logger = logging.getLogger(__name__)

WORKSPACE_VARIABLE = "MEDIMAGE_HOME"
RESTORING_FILE = "restore.unfinished"
"""Lies in the workspace while a backup takes the place of what was there."""

_PROJECT_ROOT = Path(__file__).resolve().parents[1]
_CHATTY = ("great_expectations", "alembic", "mlflow.store", "mlflow.tracking", "matplotlib")
"""Loggers that tell every step of a library's own start-up, which hides what a person wants to follow."""

_MINIMUM_FREE_BYTES = 500 * 2**20
"""A run of the smallest problem writes about 200 MB; a full disk in the middle of one helps nobody."""


def project_root() -> Path:
    """Returns the folder that holds the packages `medimage`, `steps` and `pipelines`."""
    return _PROJECT_ROOT


def workspace() -> Path:
    """Returns the workspace: `MEDIMAGE_HOME`, or `.medimage` in the project's folder."""
    configured = os.environ.get(WORKSPACE_VARIABLE)
    return Path(configured).absolute() if configured else _PROJECT_ROOT / ".medimage"


def mlflow_database() -> Path:
    """Returns the SQLite file of the local MLflow store."""
    return workspace() / "mlflow" / "mlflow.db"


def local_tracking_uri() -> str:
    """Returns the address of the local MLflow store, which is used where nobody has named another one."""
    return f"sqlite:///{mlflow_database()}"


def configure_environment() -> None:
    """Points ZenML, MLflow and BentoML into the workspace and switches every package's telemetry off.

    What the user has set in the environment wins. Must be called before any of those packages is imported, because
    they read the environment on import.
    """
    open_closed_streams()
    home = workspace()
    defaults = {
        "ZENML_CONFIG_PATH": str(home / "zenml"),
        "ZENML_CUSTOM_SOURCE_ROOT": str(_PROJECT_ROOT),
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_AUTO_OPEN_DASHBOARD": "false",
        "MLFLOW_TRACKING_URI": local_tracking_uri(),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # Threads that wait for each other spin for about half a millisecond before they sleep. Sleeping at once costs a
        # small network a third of its speed; libgomp's own several milliseconds stop others on a busy machine.
        "GOMP_SPINCOUNT": "50000",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "BENTOML_HOME": str(home / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "true",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "ORT_DISABLE_TELEMETRY": "1",
        "WANDB_CACHE_DIR": str(home / "wandb" / "cache"),
        "WANDB_DATA_DIR": str(home / "wandb" / "data"),
        "WANDB_DISABLE_CODE": "true",
        "WANDB_ERROR_REPORTING": "false",
    }
    if not sys.stdout.isatty():
        defaults["ZENML_LOGGING_COLORS_DISABLED"] = "true"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def require_whole_workspace() -> Path:
    """Returns the workspace.

    Raises:
        StorageError: If a backup was put back in parts only.
    """
    home = workspace()
    if (home / RESTORING_FILE).exists():
        raise StorageError(
            f"A restore of {home} was interrupted, or is under way, so that parts of two workspaces lie there. Run "
            "medimage restore FILE --force again, with the same backup; what was there before lies in a folder "
            "before-restore-… and is kept."
        )
    return home


def require_writable_workspace() -> Path:
    """Makes the workspace and returns it.

    Raises:
        StorageError: If it cannot be written to, the disk is nearly full, or a backup was put back in parts only.
    """
    home = require_whole_workspace()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
        mlflow_database().parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Expected to write to the workspace {home} but the system says: {error.strerror}. Make it writable, or "
            f"choose another folder with {WORKSPACE_VARIABLE}=FOLDER."
        ) from error
    free = shutil.disk_usage(home).free
    if free < _MINIMUM_FREE_BYTES:
        raise StorageError(
            f"Expected at least {_MINIMUM_FREE_BYTES / 2**20:.0f} MB free for the workspace {home} but only "
            f"{free / 2**20:.0f} MB are. Free some, or choose another disk with {WORKSPACE_VARIABLE}=FOLDER."
        )
    return home


def temporary_folders() -> Path:
    """Makes the folder for large temporary files and returns it.

    It lies in the workspace, whose free space is checked, and on the disk of the local artifact store, so that a
    finished file gets there as a link and not as a second copy.
    """
    folder = workspace() / "temporary"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sweep_temporary_folders() -> None:
    """Removes the temporary folders of processes that were killed before they could do it themselves."""
    remove_folders_of_dead_processes(temporary_folders())


def owner_prefix(prefix: str = "") -> str:
    """Returns how the name of a temporary folder begins that belongs to this process on this machine."""
    return f"{prefix}{platform.node()}.{os.getpid()}."


def remove_folders_of_dead_processes(parent: Path, *, prefix: str = "") -> None:
    """Removes folders named by `owner_prefix(prefix)` whose process on this machine lives no more.

    Those of other machines, and of other containers, stay: nobody here can know whether their processes live.
    """
    for folder in parent.iterdir():
        if folder.name.startswith(prefix) and is_of_dead_process(folder.name.removeprefix(prefix)):
            logger.info("Removing %s, which a process left behind that lives no more", folder)
            shutil.rmtree(folder, ignore_errors=True)


def is_of_dead_process(name: str) -> bool:
    """Returns whether a name that begins as `owner_prefix()` is that of a process of this machine that lives no more.

    Of other machines, and of other containers, nobody here can know.
    """
    machine, _, process = name.rpartition(".")[0].rpartition(".")
    return machine == platform.node() and process.isdecimal() and not _is_alive(int(process))


def _is_alive(process: int) -> bool:
    if os.name != "posix":
        # Elsewhere signal 0 is no question but ends the process.
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
