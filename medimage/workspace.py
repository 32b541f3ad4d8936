"""The one folder that everything a run leaves behind lies in, and the environment that points there."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from medimage.errors import StorageError

WORKSPACE_VARIABLE = "MEDIMAGE_HOME"
_PROJECT_ROOT = Path(__file__).resolve().parents[1]
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


def configure_environment() -> None:
    """Points ZenML, MLflow and BentoML into the workspace and switches every package's telemetry off.

    What the user has set in the environment wins. Must be called before any of those packages is imported, because
    they read the environment on import.
    """
    home = workspace()
    defaults = {
        "ZENML_CONFIG_PATH": str(home / "zenml"),
        "ZENML_CUSTOM_SOURCE_ROOT": str(_PROJECT_ROOT),
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_AUTO_OPEN_DASHBOARD": "false",
        "MLFLOW_TRACKING_URI": f"sqlite:///{mlflow_database()}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "BENTOML_HOME": str(home / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "true",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "WANDB_DISABLE_CODE": "true",
    }
    if not sys.stdout.isatty():
        defaults["ZENML_LOGGING_COLORS_DISABLED"] = "true"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def require_writable_workspace() -> Path:
    """Makes the workspace and returns it.

    Raises:
        StorageError: If it cannot be written to, or the disk is nearly full.
    """
    home = workspace()
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
