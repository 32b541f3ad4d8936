"""The `medimage` command."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from medimage import __version__
from medimage.errors import ConfigurationError, MedimageError
from medimage.exit_codes import call_and_exit
from medimage.workspace import configure_environment, require_writable_workspace

DASHBOARD_PORT = 8237
"""ZenML's own default port of its local server."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs `medimage` and ends the process with its exit code."""
    call_and_exit(lambda: _run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="medimage", description="From a folder of medical images to a proven, registered, served classifier."
    )
    parser.add_argument("--version", action="version", version=f"medimage {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    dashboard = commands.add_parser(
        "dashboard", help="start the ZenML dashboard", description="Starts the ZenML dashboard on this machine."
    )
    dashboard.add_argument("--port", type=int, default=DASHBOARD_PORT, help="port to listen on (default: %(default)s)")
    dashboard.add_argument("--stop", action="store_true", help="stop a dashboard that was started before")
    chosen = parser.parse_args(arguments)
    return _dashboard(port=chosen.port, stop=chosen.stop)


def _dashboard(*, port: int, stop: bool) -> int:
    if not 1 <= port <= 65_535:
        raise ConfigurationError(f"--port must be between 1 and 65535 but is {port}.")
    configure_environment()
    require_writable_workspace()
    action = ["logout", "--local"] if stop else ["login", "--local", "--port", str(port)]
    # ZenML's own command, because starting and stopping its server is not part of its Python interface.
    zenml = Path(sys.executable).with_name("zenml")
    finished = subprocess.run([str(zenml), *action], env=os.environ, check=False)  # noqa: S603
    if finished.returncode != 0:
        raise MedimageError(
            f"ZenML could not {'stop' if stop else 'start'} its dashboard; its reason stands above. If port {port} is "
            "taken, choose another with --port."
        )
    if not stop:
        sys.stdout.write(f"\nThe dashboard is at http://127.0.0.1:{port}. Stop it with: medimage dashboard --stop\n")
    return 0
