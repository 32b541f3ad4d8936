"""How systemd and cron start a run of a schedule: by its name, so that no secret stands in their files."""

import hashlib
import sys
from pathlib import Path

from medimage.workspace import project_root, workspace

RUNNER = "pipelines.schedules"


def runner_words(name: str) -> tuple[str, ...]:
    """Returns program and arguments that run a schedule once, from the project's folder."""
    return (sys.executable, "-m", RUNNER, "run", name)


def unique_name(name: str) -> str:
    """Returns a name that no schedule of another workspace of this account has."""
    return f"medimage-{name}-{hashlib.sha256(str(workspace()).encode()).hexdigest()[:8]}"


def runner_folder() -> Path:
    """Returns the folder that the runner is started in."""
    return project_root()
