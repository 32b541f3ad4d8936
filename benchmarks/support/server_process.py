"""A server in processes of its own, started as a person starts it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from medimage.serving.bundle import PackagedBento

HOST = "127.0.0.1"
_START_LIMIT_SECONDS = 120
_STOP_LIMIT_SECONDS = 30
_LOOK_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that runs.

    Attributes:
        port: Where it listens, on this machine alone.
        process: Its first process.
        seconds_to_ready: From its start to the first answer that it is ready.
        output: What it prints.
    """

    port: int
    process: subprocess.Popen[bytes]
    seconds_to_ready: float
    output: Path

    def processes(self) -> list[psutil.Process]:
        """Returns all its processes that run."""
        try:
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def workers(self) -> list[psutil.Process]:
        """Returns the processes that answer, where it is BentoML's."""
        return [process for process in self.processes() if _is_worker(process)]

    def memory_bytes(self) -> int:
        """Returns the memory of all its processes; what several share counts once (proportional set size)."""
        return sum(process.memory_full_info().pss for process in self.processes())

    def is_ready(self) -> bool:
        """Asks whether it is ready, and waits a second for an answer at most."""
        return _is_ready(self.port)


def bento_command(bento: PackagedBento, port: int) -> list[str]:
    """Returns the command that serves a Bento on this machine."""
    return [sys.executable, "-m", "bentoml", "serve", bento.tag, "--host", HOST, "--port", str(port)]


def bento_environment(bento: PackagedBento, **settings: str) -> dict[str, str]:
    """Returns what the command needs in its environment: `tokens` becomes `MEDIMAGE_SERVE_TOKENS`."""
    variables = {f"MEDIMAGE_SERVE_{name.upper()}": value for name, value in settings.items()}
    return {"BENTOML_HOME": str(bento.path.parents[2]), "BENTOML_DO_NOT_TRACK": "True", **variables}


@contextlib.contextmanager
def served_bento(bento: PackagedBento, folder: Path, *, workers: int = 1, **settings: str) -> Iterator[Server]:
    """Serves a Bento until the block ends.

    Args:
        bento: The Bento.
        folder: A folder for what the server prints, and the one that it runs in.
        workers: Processes that answer.
        **settings: As in `bento_environment`.
    """
    port = free_port()
    environment = bento_environment(bento, **settings)
    environment["BENTOML_CONFIG_OPTIONS"] = f"services.medimage.workers={workers}"
    with running(bento_command(bento, port), port=port, environment=environment, folder=folder) as server:
        yield server


@contextlib.contextmanager
def running(
    command: Sequence[str], *, port: int, environment: Mapping[str, str], folder: Path, inherits: bool = True
) -> Iterator[Server]:
    """Runs a server that answers at `/readyz` until the block ends.

    Args:
        command: Its command.
        port: Where it will listen.
        environment: Its variables.
        folder: A folder for what the server prints, and the one that it runs in.
        inherits: Whether it has the variables of this process as well.

    Raises:
        RuntimeError: If it does not become ready, with the end of what it printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"server-{port}.txt"
    with output.open("wb") as sink:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**(os.environ if inherits else {}), **environment},
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not _is_ready(port):
            if process.poll() is not None or time.perf_counter() - begun > _START_LIMIT_SECONDS:
                raise RuntimeError(f"The server did not become ready:\n{output.read_text()[-3000:]}")
            time.sleep(_LOOK_SECONDS)
        yield Server(port=port, process=process, seconds_to_ready=time.perf_counter() - begun, output=output)
    finally:
        _end(process)


def free_port() -> int:
    """Returns a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def can_listen(port: int) -> bool:
    """Returns whether a server could be started at a port."""
    with socket.socket() as probe:
        # As servers do: connections that are being closed keep no port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "worker.service" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=_STOP_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
