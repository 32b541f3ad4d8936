"""`medimage dashboard --all` serves three pages until Ctrl-C, and what one of them does is told."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import PROJECT
from tests.support.commands import environment

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

LIMIT = 240.0
CHAMPION = (
    "import pipelines, os; from pathlib import Path; from tests.support.registered import register\n"
    "from tests.support.exported import make_card, make_exported; from medimage.serving.bundle import build_bento\n"
    "register()\n"
    "card = make_card().with_version('1.0.0').to_dict()\n"
    "home = Path(os.environ['BENTOML_HOME'])\n"
    "build_bento(exported=make_exported(), card=card, name='medimage-lung', bento_home=home)\n"
)


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    log = home / "told.txt"
    home.mkdir(exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pipelines.dashboard", "--all", *arguments],
            cwd=PROJECT,
            env=environment(home),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, log
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def wait_for(text: str, log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + LIMIT
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    return log.read_text()


def pages(told: str) -> dict[str, tuple[str, int]]:
    found = re.findall(r"^(.*): (http://127\.0\.0\.1:\d+) \(process (\d+)\)$", told, re.MULTILINE)
    return {title: (address, int(number)) for title, address, number in found}


def living(numbers: list[int]) -> list[int]:
    """Returns which groups have a process."""
    return [group for each in psutil.process_iter() if (group := group_of(each)) in numbers]


def group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def test_three_pages_answer_one_that_dies_is_told_and_ctrl_c_ends_all(tmp_path: Path) -> None:
    home = tmp_path / "home"
    subprocess.run([sys.executable, "-c", CHAMPION], cwd=PROJECT, env=environment(home), check=True)
    with serving(home) as (process, log):
        found = pages(wait_for("Ctrl-C stops all", log, process))
        assert set(found) == {"ZenML dashboard", "MLflow", "Service of lung-brightness/1"}
        contents = {title: httpx.get(f"{address}/", timeout=30) for title, (address, _) in found.items()}
        assert {title: answer.status_code for title, answer in contents.items()} == dict.fromkeys(found, 200)
        assert "ZenML" in contents["ZenML dashboard"].text
        assert "MLflow" in contents["MLflow"].text
        user = httpx.get(f"{found['ZenML dashboard'][0]}/api/v1/current-user", timeout=30).json()
        assert user["body"]["email_opted_in"] is False
        card = httpx.get(f"{found['Service of lung-brightness/1'][0]}/card", timeout=30)
        assert card.json()["version"] == "1.0.0"
        os.kill(found["MLflow"][1], signal.SIGKILL)
        wait_for("MLflow has ended with -9", log, process)
        assert httpx.get(f"{found['ZenML dashboard'][0]}/", timeout=30).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert living([number for _, number in found.values()]) == []
    # Other commands work with the database itself, as before.
    assert not list(home.rglob("zenml.db-wal"))


def test_without_a_champion_the_others_are_served_and_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home) as (process, log):
        told = wait_for("Ctrl-C stops all", log, process)
        assert "no model is the champion yet" in told
        assert set(pages(told)) == {"ZenML dashboard", "MLflow"}
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            refused = subprocess.run(
                [sys.executable, "-m", "pipelines.dashboard", "--all", "--mlflow-port", str(port)],
                cwd=PROJECT,
                env=environment(home),
                capture_output=True,
                text=True,
                check=False,
            )
        assert (refused.returncode, f"port {port} of this machine is taken" in refused.stderr) == (2, True)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        assert process.wait(timeout=60) == 0
    assert living([number for _, number in pages(told).values()]) == []
