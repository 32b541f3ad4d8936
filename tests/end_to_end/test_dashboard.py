"""The dashboard starts without an account, and its sudden end does not stop later runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.processes import free_port

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose dashboard is stopped in the end."""
    yield tmp_path
    medimage(tmp_path, "dashboard", "--stop")


def medimage(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("medimage")), *arguments],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )


def server_pid(home: Path) -> int:
    (file,) = home.rglob("zen_server/daemon/service.pid")
    return int(file.read_text())


@pytest.mark.proof
def test_the_dashboard_asks_for_no_account_and_its_sudden_end_stops_nothing(home: Path) -> None:
    port = free_port()
    started = medimage(home, "dashboard", "--port", str(port))
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{port}" in started.stdout
    assert httpx.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 200
    user = httpx.get(f"http://127.0.0.1:{port}/api/v1/current-user", timeout=10).json()
    assert user["body"]["email_opted_in"] is False
    assert user["metadata"]["user_metadata"]["finished_onboarding_survey"] is True
    os.kill(server_pid(home), signal.SIGKILL)
    time.sleep(0.5)
    show = "import pipelines; from pipelines.stopped_dashboard import leave_stopped_dashboard as leave; leave()"
    after = subprocess.run(
        [sys.executable, "-c", f"{show}; from zenml.client import Client; print(Client().active_stack_model.name)"],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert after.returncode == 0, after.stderr
    assert after.stdout.strip().endswith("default")


@pytest.mark.proof
def test_a_stopped_dashboard_leaves_the_database_whole_in_one_file(home: Path) -> None:
    assert medimage(home, "dashboard", "--port", str(free_port())).returncode == 0
    assert len(list(home.rglob("zenml.db*"))) > 1
    assert medimage(home, "dashboard", "--stop").returncode == 0
    assert [file.name for file in home.rglob("zenml.db*")] == ["zenml.db"]


def test_a_port_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    refused = medimage(tmp_path, "dashboard", "--port", "70000")
    assert refused.returncode == 2
    assert "between 1 and 65535" in refused.stderr
