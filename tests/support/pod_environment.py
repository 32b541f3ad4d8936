"""What the process that stands in for a pod sees of the machine: nothing that other pods see as well."""

import os
import sys
from pathlib import Path


def bare_environment(home: Path) -> dict[str, str]:
    """Returns the environment that every such process begins with.

    Args:
        home: Folder of its own.
    """
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "MEDIMAGE_HOME": str(home / "workspace"),
        "ZENML_CONFIG_PATH": str(home / "zenml"),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONUNBUFFERED": "1",
    }
