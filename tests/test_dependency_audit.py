"""The audit of packages that continuous integration runs: clean, vulnerable, and not known are told apart."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.support.processes import free_port

# The auditor is installed from a package index.
pytestmark = pytest.mark.proof

VULNERABLE = "1.0.0"
UNANSWERED = "3.0.0"

LOCK = "some-package=={version} \\\n    --hash=sha256:" + "0" * 64 + "\n"


class Vulnerabilities(BaseHTTPRequestHandler):
    """A list that knows one, as https://google.github.io/osv.dev/post-v1-query/ describes it."""

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = {"id": "TEST-2026-1", "summary": "It is.", "aliases": [], "affected": []}
        if query["version"] == UNANSWERED:
            self.send_error(500)
            return
        answer = json.dumps({"vulns": [found]} if query["version"] == VULNERABLE else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vulnerabilities)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()
    thread.join()


def audit(lock: Path, address: str, version: str) -> subprocess.CompletedProcess[str]:
    lock.write_text(LOCK.format(version=version))
    return subprocess.run(
        [".ci/audit", str(lock)],
        cwd=PROJECT,
        env={**os.environ, "MEDIMAGE_OSV_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("version", "exit_code"), [("2.0.0", 0), (VULNERABLE, 1)])
def test_a_known_vulnerability_is_a_failure(tmp_path: Path, address: str, version: str, exit_code: int) -> None:
    finished = audit(tmp_path / "requirements.lock", address, version)
    if "cannot be installed" in finished.stdout:
        pytest.skip("there is no package index to install the auditor from")
    assert finished.returncode == exit_code, finished.stdout
    assert ("TEST-2026-1" in finished.stdout) == (exit_code == 1)


def test_where_the_list_cannot_be_reached_it_is_said_that_nothing_is_known(tmp_path: Path) -> None:
    finished = audit(tmp_path / "requirements.lock", f"http://127.0.0.1:{free_port()}", "2.0.0")
    assert finished.returncode == 3
    assert finished.stdout.startswith("NOT AUDITED: ")


def test_a_list_that_fails_is_no_clean_audit(tmp_path: Path, address: str) -> None:
    finished = audit(tmp_path / "requirements.lock", address, UNANSWERED)
    assert finished.returncode == 3
