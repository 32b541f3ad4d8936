"""The ZenML dashboard on this machine, without a survey and without an account.

`medimage dashboard` starts it and returns, `--stop` stops it; `--all` serves it with MLflow's pages and the service of
the newest champion until Ctrl-C.
"""

import argparse
import os
import subprocess
import sys

import psutil
from zenml.client import Client
from zenml.enums import StoreType
from zenml.models import UserUpdate

from medimage.errors import ConfigurationError, MedimageError
from medimage.exit_codes import call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.killed_runs import end_killed_runs
from pipelines.programs import program
from pipelines.write_ahead_log import empty_log
from pipelines.zenml_database import open_zenml, settings_folder, workspace_database

DEFAULT_PORT = 8237
"""ZenML's own default port of its local server."""
_PROCESS_ID = ("zen_server", "daemon", "service.pid")
"""Where ZenML notes the process of its server, below its settings."""
_SECONDS_TO_END = 10.0


def run(*, port: int, stop: bool) -> int:
    """Starts or stops the dashboard.

    Args:
        port: Port to listen on.
        stop: Whether to stop a dashboard that was started before.

    Raises:
        ConfigurationError: If there is no such port.
        MedimageError: If ZenML cannot start or stop its server.
    """
    _require_port(port, "--port")
    require_writable_workspace()
    if not stop:
        open_zenml()
        end_killed_runs()
        _skip_survey()
    server = _server() if stop else None
    action = ["logout", "--local"] if stop else ["login", "--local", "--port", str(port)]
    # ZenML's own command, because starting and stopping its server is not part of its Python interface.
    finished = subprocess.run([str(program("zenml")), *action], env=os.environ, check=False)  # noqa: S603
    if finished.returncode != 0:
        raise MedimageError(
            f"ZenML could not {'stop' if stop else 'start'} its dashboard; its reason stands above. If port {port} is "
            "taken, choose another with --port."
        )
    if stop:
        if server is not None:
            # ZenML asks its server to end and does not wait for it.
            psutil.wait_procs([server], timeout=_SECONDS_TO_END)
        empty_log(workspace_database())
    else:
        sys.stdout.write(f"\nThe dashboard is at http://127.0.0.1:{port}. Stop it with: medimage dashboard --stop\n")
    return 0


def run_all(*, port: int | None, mlflow_port: int | None, service_port: int | None) -> int:
    """Serves the dashboard, MLflow's pages and the service of the newest champion until Ctrl-C.

    Args:
        port: Port of the dashboard; a free one when not given.
        mlflow_port: Port of MLflow's pages; a free one when not given.
        service_port: Port of the service; a free one when not given.

    Raises:
        ConfigurationError: If there is no such port, or it is taken.
        MedimageError: If a dashboard runs already, or no page can be served.
    """
    for option, number in (("--port", port), ("--mlflow-port", mlflow_port), ("--service-port", service_port)):
        if number is not None:
            _require_port(number, option)
    require_writable_workspace()
    running = _server()
    if running is not None:
        raise MedimageError(
            f"A dashboard of this workspace runs already, as process {running.pid}: stop it first, with medimage "
            "dashboard --stop."
        )
    open_zenml()
    end_killed_runs()
    _skip_survey()
    # MLflow takes a second to import: a wrong command is told at once.
    from pipelines.all_pages import serve_all  # noqa: PLC0415

    return serve_all(port=port, default_port=DEFAULT_PORT, mlflow_port=mlflow_port, service_port=service_port)


def _require_port(number: int, option: str) -> None:
    if not 1 <= number <= 65_535:
        raise ConfigurationError(f"{option} must be between 1 and 65535 but is {number}.")


def _server() -> psutil.Process | None:
    """Returns the process of the dashboard's server, or None where there is none."""
    try:
        return psutil.Process(int(settings_folder().joinpath(*_PROCESS_ID).read_text(encoding="ascii")))
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None


def _skip_survey() -> None:
    """Answers ZenML's welcome survey with no: it asks for a name and an e-mail address before it shows anything."""
    client = Client()
    if client.zen_store.type != StoreType.SQL:
        # The user works with a server of their own, whose accounts are not ours to change.
        return
    user = client.active_user
    if user.email_opted_in is None:
        metadata = {**user.user_metadata, "finished_onboarding_survey": True}
        client.zen_store.update_user(user.id, UserUpdate(name=user.name, email_opted_in=False, user_metadata=metadata))


def main() -> int:
    """Reads the command line and starts or stops the dashboard."""
    parser = argparse.ArgumentParser(
        prog="medimage dashboard", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, help=f"port of the ZenML dashboard (default: {DEFAULT_PORT})")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--stop", action="store_true", help="stop a dashboard that was started before")
    what.add_argument(
        "--all", action="store_true", help="serve MLflow and the service of the newest champion as well, until Ctrl-C"
    )
    parser.add_argument(
        "--mlflow-port", type=int, help="with --all: port of MLflow (default: the first free from 5000)"
    )
    parser.add_argument(
        "--service-port", type=int, help="with --all: port of the service (default: the first free from 3000)"
    )
    arguments = parser.parse_args()
    if arguments.all:
        return run_all(port=arguments.port, mlflow_port=arguments.mlflow_port, service_port=arguments.service_port)
    for option in ("mlflow_port", "service_port"):
        if getattr(arguments, option) is not None:
            parser.error(f"--{option.replace('_', '-')} goes with --all")
    return run(port=DEFAULT_PORT if arguments.port is None else arguments.port, stop=arguments.stop)


if __name__ == "__main__":
    call_and_exit(main)
