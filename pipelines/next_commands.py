"""What a person can do with a finished run, as commands to copy."""

import os
from pathlib import Path

from medimage.hidden_credentials import hide_credentials
from medimage.workspace import WORKSPACE_VARIABLE
from pipelines.programs import program, quoted


def next_commands(*, bento_tag: str | None, folder: Path | None = None) -> list[tuple[str, str]]:
    """Returns titles and commands, or an address; each works as it stands from the current folder, with telemetry off.

    Args:
        bento_tag: Tag of the Bento to serve; None where there is none.
        folder: The run's folder with its evidence; None where there is none.
    """
    commands = [("Look at the run in the ZenML dashboard", f"{_home()}{quoted(program('medimage'))} dashboard")]
    commands += _mlflow(os.environ["MLFLOW_TRACKING_URI"])
    if folder is not None:
        command = f"{quoted(program('medimage'))} evidence verify {quoted(folder)}"
        commands.append(("Verify that the run's files are as it left them", command))
    if bento_tag is not None:
        home = quoted(Path(os.environ["BENTOML_HOME"]))
        commands.append(
            (
                "Serve the model",
                f"BENTOML_DO_NOT_TRACK=True BENTOML_HOME={home} {quoted(program('bentoml'))} serve "
                f"{bento_tag} --host 127.0.0.1 --port 3000",
            )
        )
    return commands


def _mlflow(tracking: str) -> list[tuple[str, str]]:
    title = "Look at metrics and models in MLflow"
    if tracking.startswith(("http://", "https://")):
        # A server shows its own pages; a browser asks for the name and the password.
        return [(title, hide_credentials(tracking).replace("***@", ""))]
    # A run whose steps were all cached does not bring back a database that was deleted since.
    if tracking.startswith("sqlite:///") and not Path(tracking.removeprefix("sqlite:///")).is_file():
        return []
    # An address with a password is not written out; a shell that does not have it says so.
    shown = quoted(tracking) if hide_credentials(tracking) == tracking else '"${MLFLOW_TRACKING_URI:?}"'
    return [(title, f"MLFLOW_DISABLE_TELEMETRY=true {quoted(program('mlflow'))} ui --backend-store-uri {shown}")]


def _home() -> str:
    """Returns the setting of the workspace where it is not the default one."""
    configured = os.environ.get(WORKSPACE_VARIABLE)
    return f"{WORKSPACE_VARIABLE}={quoted(Path(configured).absolute())} " if configured else ""
