"""The environment of a schedule that systemd or cron starts, which know nothing of the shell it was made in.

It holds passwords and tokens, so it lies in a file that nobody else may read, and not in a unit or a crontab.
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from medimage.errors import StorageError
from medimage.whole_file import write_whole

_BEGINNINGS = (
    *("MEDIMAGE_", "ZENML_", "MLFLOW_", "BENTOML_", "KAGGLE_", "WANDB_", "GX_", "HF_", "AWS_", "AZURE_", "GOOGLE_"),
    *("CUDA_", "NVIDIA_", "OMP_", "GOMP_", "ORT_", "SSL_", "REQUESTS_", "CURL_", "KUBE", "LC_", "PYTORCH_"),
)
_NAMES = frozenset(
    {
        *("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "HOME", "LANG", "TMPDIR", "TZ", "DO_NOT_TRACK"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    }
)


def keep_environment(file: Path, environment: Mapping[str, str]) -> None:
    """Writes the part of an environment that a run may need, for its owner alone.

    Raises:
        StorageError: If it cannot be written.
    """
    kept = {name: value for name, value in environment.items() if name in _NAMES or name.startswith(_BEGINNINGS)}
    write_whole(file, json.dumps(kept, indent=2, sort_keys=True).encode() + b"\n", private=True)


def read_environment(file: Path) -> dict[str, str]:
    """Returns what was kept.

    Raises:
        StorageError: If it cannot be read, or others could have read or written it.
    """
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno())
            content = opened.read()
        values = json.loads(content)
    except (OSError, ValueError) as error:
        raise StorageError(
            f"Expected the environment of a schedule in {file} but it cannot be read ({error}). Make the schedule "
            "anew, with --replace."
        ) from error
    if stat.S_IMODE(mode.st_mode) & 0o077 or mode.st_uid != os.getuid():
        raise StorageError(
            f"Expected {file} to belong to this account alone, because it holds passwords, but others may read or "
            f"write it: chmod 600 {file}, and change the passwords."
        )
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise StorageError(f"Expected names and texts in {file}. Make the schedule anew, with --replace.")
    return values
