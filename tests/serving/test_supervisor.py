"""A packaged Bento of which the first process is killed."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from medimage.serving.bundle import PackagedBento
from tests.support.served import GOOD, serving


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("It did not come to hold within 20 s")


def can_listen(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_a_worker_ends_with_the_process_that_watches_over_it_and_frees_the_port(
    bento: PackagedBento, tmp_path: Path
) -> None:
    with serving(bento, tmp_path) as served:
        assert served.client.post("/predict", files={"image": GOOD}).status_code == 200
        supervisor = psutil.Process(served.process_group)
        workers = supervisor.children(recursive=True)
        assert workers
        os.kill(served.process_group, signal.SIGKILL)
        wait_until(lambda: not any(worker.is_running() for worker in workers))
        wait_until(lambda: can_listen(httpx.URL(served.address).port or 0))
