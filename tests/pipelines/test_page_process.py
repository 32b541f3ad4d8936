import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.page_process import PageProcess, PageServer, choose_port
from tests.support.processes import free_port


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def served(folder: Path, *words: str, port: int) -> PageServer:
    command = [sys.executable, "-u", *(words or ("-m", "http.server", "--bind", "127.0.0.1", str(port)))]
    return PageServer(title="Page", command=command, port=port, ready="/", environment={}, log=folder / "page.log")


def test_a_port_that_is_taken_is_not_given_when_it_is_asked_for(listening: int) -> None:
    assert choose_port(listening, default=1) is None
    free = free_port()
    assert choose_port(free, default=1) == free
    assert choose_port(free, default=1, taken=[free]) is None


def test_the_next_free_port_is_taken_where_none_is_asked_for(listening: int) -> None:
    chosen = choose_port(None, default=listening)
    assert chosen is not None
    assert chosen > listening
    again = choose_port(None, default=listening, taken=[chosen])
    assert again is not None
    assert again > chosen


def test_a_page_is_ready_until_it_is_asked_to_end(tmp_path: Path) -> None:
    page = PageProcess(served(tmp_path, port=free_port()))
    try:
        assert page.wait_until_ready()
        assert page.exit_code is None
        page.ask_to_end()
        assert page.wait_for_end(30)
    finally:
        page.kill()


def test_a_page_that_cannot_start_says_why(tmp_path: Path, listening: int) -> None:
    page = PageProcess(served(tmp_path, "-c", "print('no page today'); raise SystemExit(7)", port=listening))
    assert not page.wait_until_ready()
    assert (page.exit_code, page.last_words()) == (7, "no page today")
    page.ask_to_end()
    page.kill()


def test_workers_of_a_page_end_with_it_also_when_it_was_killed(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time; "
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']).pid, flush=True); "
        "time.sleep(300)"
    )
    page = PageProcess(served(tmp_path, "-c", script, port=free_port()))
    try:
        while not (tmp_path / "page.log").read_text().endswith("\n"):
            assert page.exit_code is None
        worker = psutil.Process(int((tmp_path / "page.log").read_text()))
        os.kill(page.number, 9)
        page.wait_for_end(30)
        assert worker.is_running()
    finally:
        page.kill()
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
