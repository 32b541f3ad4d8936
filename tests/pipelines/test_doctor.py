"""`medimage doctor`, run as its user runs it."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.commands import environment
from tests.support.processes import free_port


def doctor(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.doctor", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(home, **settings), timeout=120, check=False
    )


def test_a_new_workspace_is_examined_and_left_as_it_is(tmp_path: Path) -> None:
    home, summary = tmp_path / "home", tmp_path / "doctor.json"
    finished = doctor(home, "--summary", str(summary))
    found = {finding["subject"]: finding for finding in json.loads(summary.read_text())}
    assert {"Python", "packages", "workspace", "memory", "GPU", "Kaggle", "registry", "ZenML"} <= set(found)
    assert all(finding["told"] in finished.stdout for finding in found.values())
    assert "no database yet" in found["ZenML"]["told"]
    assert [path.name for path in home.rglob("*") if path.is_file()] == []
    is_bad = any(finding["state"] == "problem" for finding in found.values())
    assert finished.returncode == (1 if is_bad else 0), finished.stdout + finished.stderr


def test_what_keeps_runs_from_beginning_is_told_with_what_to_do(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    finished = doctor(tmp_path, MLFLOW_TRACKING_URI=address, ZENML_STORE_URL="sqlite:////proc/no/zenml.db")
    assert finished.returncode == 1
    assert f" BAD  registry: Expected an MLflow server at {address}" in finished.stdout
    assert " BAD  ZenML: " in finished.stdout
    assert "Traceback" not in finished.stdout + finished.stderr


@pytest.mark.parametrize("arguments", [["--sumary", "x"], ["more"]])
def test_a_wrong_command_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    assert doctor(tmp_path, *arguments).returncode == 2


def test_a_server_that_asks_for_a_login_is_a_finding_and_no_defect(tmp_path: Path) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        finished = doctor(tmp_path, "--json", ZENML_STORE_URL=address, ZENML_STORE_TYPE="rest")
    finally:
        server.shutdown()
    assert finished.returncode == 1
    (zenml,) = [finding for finding in json.loads(finished.stdout) if finding["subject"] == "ZenML"]
    assert zenml["state"] == "problem"
    assert "Traceback" not in finished.stderr
