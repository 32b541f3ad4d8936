"""A server of a page in a process group of its own, which is ended by its number."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

_HOST = "127.0.0.1"
_READY_SECONDS = 180.0
"""ZenML's server takes ten seconds on a machine with nothing else to do."""
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class PageServer:
    """How a page is served.

    Attributes:
        title: What a person calls it.
        command: Program and arguments.
        port: Where it listens, on this machine only.
        ready: Path that answers with 200 when it is there.
        environment: Variables beside those of this process.
        log: File for what it prints.
    """

    title: str
    command: Sequence[str]
    port: int
    ready: str
    environment: Mapping[str, str]
    log: Path

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{_HOST}:{self.port}"


class PageProcess:
    """A server that was started.

    Args:
        server: How it is served.
    """

    def __init__(self, server: PageServer) -> None:
        self.server = server
        server.log.parent.mkdir(parents=True, exist_ok=True)
        with server.log.open("wb") as output:
            # A session of its own: Ctrl-C of the terminal reaches it once, from here, and its workers with it.
            self._process = subprocess.Popen(  # noqa: S603
                [*server.command],
                env={**os.environ, **server.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def number(self) -> int:
        """The number of its process, and of the group of its workers."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """What it ended with; None while it lives."""
        return self._process.poll()

    def wait_until_ready(self) -> bool:
        """Waits until the page answers, and returns whether it does: it may end before, or take too long."""
        deadline = time.monotonic() + _READY_SECONDS
        while self.exit_code is None and time.monotonic() < deadline:
            with suppress(requests.RequestException):
                answer = requests.get(f"{self.server.address}{self.server.ready}", timeout=5)
                if answer.ok and self.exit_code is None:
                    return True
            time.sleep(_LOOK_SECONDS)
        return False

    def last_words(self) -> str:
        """Returns the last line that it printed."""
        lines = self.server.log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")

    def ask_to_end(self) -> None:
        """Asks the process and its workers to end, and does not wait."""
        self._signal(signal.SIGTERM)

    def wait_for_end(self, seconds: float) -> bool:
        """Waits for the process, and returns whether it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=max(0.0, seconds))
        return self.exit_code is not None

    def kill(self) -> None:
        """Ends the process and whatever is left of its workers at once."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # All may have ended by themselves.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def choose_port(asked: int | None, *, default: int, taken: Sequence[int] = ()) -> int | None:
    """Returns the port that was asked for, or else the first free one from the default on; None where it is not free.

    Args:
        asked: The port, if a certain one was asked for.
        default: Where to begin otherwise.
        taken: Ports that others are about to take.
    """
    if asked is not None:
        return asked if asked not in taken and _is_free(asked) else None
    return next((port for port in range(default, 65_536) if port not in taken and _is_free(port)), None)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do it: a port whose connections were closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True
