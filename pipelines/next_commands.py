"""What a person can do with a finished run, as commands to copy."""

import os
import shlex
import sys
from pathlib import Path

from pipelines.run_outcome import RunOutcome


def next_commands(outcome: RunOutcome) -> list[tuple[str, str]]:
    """Returns titles and commands; each works as it stands from the current folder."""
    commands = [
        ("Look at the run in the ZenML dashboard", f"{_program('medimage')} dashboard"),
        (
            "Look at metrics and models in MLflow",
            f"{_program('mlflow')} ui --backend-store-uri {shlex.quote(os.environ['MLFLOW_TRACKING_URI'])}",
        ),
    ]
    if outcome.bento_tag is not None:
        home = shlex.quote(_relative(Path(os.environ["BENTOML_HOME"])))
        commands.append(
            ("Serve the model", f"BENTOML_HOME={home} {_program('bentoml')} serve {outcome.bento_tag} --port 3000")
        )
    return commands


def _program(name: str) -> str:
    """Returns how to call a program of this environment from the current folder."""
    program = Path(sys.executable).with_name(name)
    return shlex.quote(_relative(program)) if program.exists() else name


def _relative(path: Path) -> str:
    """Returns the path relative to the current folder where it is below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
