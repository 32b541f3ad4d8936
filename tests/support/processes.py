"""Servers in processes of their own, on free ports of this machine, ended by process group."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx


def free_port() -> int:
    """Returns a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_server(
    command: Sequence[str], *, address: str, ready: str, cwd: Path, environment: Mapping[str, str], log: Path
) -> Iterator[int]:
    """Runs a server until the block ends, and gives its process group.

    Fails with its output where it does not answer within a minute.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, f"{address}{ready}", log)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.25)
    raise AssertionError(f"{url} does not answer:\n{log.read_text()[-3000:]}")


@contextmanager
def silent_server() -> Iterator[str]:
    """Gives the address of a server that accepts every connection and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # The system itself accepts connections up to this many.
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
