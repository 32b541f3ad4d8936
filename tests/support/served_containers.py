"""The serving image in a container that answers on this machine alone."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.containers import Container, container
from tests.support.processes import free_port

USER = 10001
TOKEN = "a-token-of-enough-length"
TOKENS_FILE = "/run/tokens"
LOG_FOLDER = "/var/log/medimage"


@dataclass(frozen=True, kw_only=True)
class ServedContainer:
    """A service in a container.

    Attributes:
        container: The container.
        client: A client with a token.
        log: Folder of the prediction log, on this machine.
        seconds: Time from the start of the container to its readiness.
    """

    container: Container
    client: httpx.Client
    log: Path
    seconds: float


def tokens_file(folder: Path, *, user: int = USER) -> Path:
    """Writes a file of tokens that the image's user alone can read."""
    file = folder / "tokens"
    file.write_text(f"radiology:{TOKEN}\n")
    given_to_user(file, mode=0o400, user=user)
    return file


def given_to_user(path: Path, *, mode: int, user: int = USER) -> Path:
    """Gives a file or folder to the image's user."""
    path.chmod(mode)
    os.chown(path, user, user)
    return path


@contextmanager
def serving_container(
    files: Path,
    settings: Mapping[str, Any],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    mounted: Mapping[Path, str] | None = None,
    user: int = USER,
) -> Iterator[ServedContainer]:
    """Serves an image with tokens and a prediction log, until the block ends.

    Args:
        files: The image's files.
        settings: The image's settings.
        folder: An empty folder.
        environment: Further variables.
        mounted: Further files and folders.
        user: The image's user.
    """
    log = folder / "log"
    log.mkdir()
    given_to_user(log, mode=0o700, user=user)
    port = free_port()
    begun = time.perf_counter()
    with (
        container(
            files,
            settings,
            folder=folder / "runc",
            environment={
                "BENTOML_HOST": "127.0.0.1",
                "BENTOML_PORT": str(port),
                "MEDIMAGE_SERVE_TOKENS_FILE": TOKENS_FILE,
                "MEDIMAGE_SERVE_PREDICTION_LOG": LOG_FOLDER,
                **(environment or {}),
            },
            mounted={tokens_file(folder, user=user): TOKENS_FILE, log: LOG_FOLDER, **(mounted or {})},
        ) as running,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as client,
    ):
        wait_until_ready(client, running)
        yield ServedContainer(container=running, client=client, log=log, seconds=round(time.perf_counter() - begun, 2))


def wait_until_ready(client: httpx.Client, running: Container) -> None:
    """Waits for the service to be ready; fails with what it printed where it is not within a minute."""
    for _ in range(600):
        if running.process.poll() is not None:
            break
        try:
            if client.get("/readyz", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the container is not ready:\n{running.output.read_text()[-3000:]}")
