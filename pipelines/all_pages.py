"""The ZenML dashboard, MLflow's pages and the service of the newest champion together, until Ctrl-C."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from zenml.client import Client

from medimage.errors import ConfigurationError, MedimageError
from medimage.exit_codes import ERROR, PASSED
from medimage.hidden_credentials import hide_credentials
from medimage.registry.champion_bento import find_champion_bento
from medimage.workspace import workspace
from pipelines.page_process import PageProcess, PageServer, choose_port
from pipelines.programs import program
from pipelines.write_ahead_log import empty_log
from pipelines.zenml_database import workspace_database

MLFLOW_PORT, SERVICE_PORT = 5000, 3000
"""The ports that MLflow and BentoML take by themselves."""

_END_SECONDS = 15.0
_LOOK_SECONDS = 0.5


def serve_all(*, port: int | None, default_port: int, mlflow_port: int | None, service_port: int | None) -> int:
    """Serves all pages until Ctrl-C, and tells when one of them ends by itself.

    Args:
        port: Port of the ZenML dashboard; a free one when not given.
        default_port: Where to look for a free one first.
        mlflow_port: Port of MLflow's pages; as above.
        service_port: Port of the service; as above.

    Returns:
        0 after Ctrl-C, 1 where every page has ended by itself.

    Raises:
        ConfigurationError: If a port that was asked for is taken.
        MedimageError: If no page can be served.
    """
    taken: list[int] = []

    def take(asked: int | None, *, default: int, option: str) -> int:
        chosen = choose_port(asked, default=default, taken=taken)
        if chosen is None:
            raise ConfigurationError(f"{option}: port {asked or default} of this machine is taken: name another one.")
        taken.append(chosen)
        return chosen

    servers = [
        *_zenml(lambda: take(port, default=default_port, option="--port")),
        *_mlflow(lambda: take(mlflow_port, default=MLFLOW_PORT, option="--mlflow-port")),
        *_service(lambda: take(service_port, default=SERVICE_PORT, option="--service-port")),
    ]
    if not servers:
        raise MedimageError("There is no page to serve on this machine; their addresses stand above.")
    started: list[PageProcess] = []
    try:
        for server in servers:
            started.append(PageProcess(server))
        return _watch(started)
    except KeyboardInterrupt:
        _say("Stopping all; Ctrl-C once more does it at once.")
        return PASSED
    finally:
        _end(started)
        empty_log(workspace_database())


def _zenml(take: Callable[[], int]) -> Sequence[PageServer]:
    store = Client().zen_store
    if os.environ.get("ZENML_STORE_URL") or not store.is_local_store():
        _say(f"ZenML dashboard: {hide_credentials(store.url)}, which is not started from here")
        return ()
    number = take()
    # In the foreground, ZenML's settings stay as they are: other commands go on with the database itself.
    words = [str(program("zenml")), "login", "--local", "--blocking", "--port", str(number)]
    return (_server("ZenML dashboard", words, port=number, ready="/health", log="zenml"),)


def _mlflow(take: Callable[[], int]) -> Sequence[PageServer]:
    tracking = os.environ["MLFLOW_TRACKING_URI"]
    if tracking.startswith(("http://", "https://")):
        _say(f"MLflow: {hide_credentials(tracking)}, which is not started from here")
        return ()
    number = take()
    words = [str(program("mlflow")), "server", "--host", "127.0.0.1", "--port", str(number), "--workers", "1"]
    settings = {
        # Not as an argument, which every user of the machine can read: it may hold a password.
        "MLFLOW_BACKEND_STORE_URI": tracking,
        # Its jobs are no part of what is looked at here, and are processes of their own.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    return (_server("MLflow", words, port=number, ready="/health", log="mlflow", **settings),)


def _service(take: Callable[[], int]) -> Sequence[PageServer]:
    home = Path(os.environ["BENTOML_HOME"])
    found = find_champion_bento(home)
    if not found.champion:
        _say("Service: no model is the champion yet. pipelines.train_pipeline makes one that passes the gate.")
        return ()
    if not found.tag:
        _say(
            f"Service: the Bento of the newest champion, {found.champion}, is not in {home}. The machine whose run "
            "packaged it has it; a run of its configuration packages it here."
        )
        return ()
    number = take()
    words = [str(program("bentoml")), "serve", found.tag, "--host", "127.0.0.1", "--port", str(number)]
    return (_server(f"Service of {found.champion}", words, port=number, ready="/readyz", log="service"),)


def _server(title: str, words: Sequence[str], *, port: int, ready: str, log: str, **settings: str) -> PageServer:
    file = workspace() / "dashboard" / f"{log}.log"
    return PageServer(title=title, command=words, port=port, ready=ready, environment=settings, log=file)


def _watch(pages: Sequence[PageProcess]) -> int:
    """Waits for the pages, says where they are, and then which of them ends; returns when none is left."""
    alive = []
    for page in pages:
        if page.wait_until_ready():
            _say(f"{page.server.title}: {page.server.address} (process {page.number})")
            alive.append(page)
        else:
            _tell_end(page, "did not start")
    if alive:
        _say("Ctrl-C stops all of them.")
    while alive:
        time.sleep(_LOOK_SECONDS)
        for page in [each for each in alive if each.exit_code is not None]:
            _tell_end(page, "has ended")
            alive.remove(page)
    _say("No page is left.")
    return ERROR


def _tell_end(page: PageProcess, what: str) -> None:
    code = "" if page.exit_code is None else f" with {page.exit_code}"
    _say(f"{page.server.title} {what}{code}: {page.last_words()} ({page.server.log})")


def _end(pages: Sequence[PageProcess]) -> None:
    """Ends all pages: asks them first, and kills what is left in the end, or at once where that is asked for."""
    try:
        for page in pages:
            page.ask_to_end()
        deadline = time.monotonic() + _END_SECONDS
        for page in pages:
            page.wait_for_end(deadline - time.monotonic())
    except KeyboardInterrupt:
        _say("Ending all at once.")
    finally:
        # Also workers whose server has ended: they are of its group.
        for page in pages:
            page.kill()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
