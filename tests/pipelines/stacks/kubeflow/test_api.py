"""What is told of a Kubeflow that is away, refuses a login, or is none."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from medimage.errors import StackError
from pipelines.stacks.kubeflow.api import api_problem, open_client
from tests.support.kubeflow_api import Kubeflow, kubeflow_api
from tests.support.processes import free_port, silent_server

TOKEN = "a-token"


def problem(host: str, **given: Any) -> str | None:
    return api_problem(host, **{"token": None, "cookie": None, "ca_certificate": None, **given})


@contextmanager
def answering(code: int, **headers: str) -> Iterator[str]:
    """A server that answers everything alike, as a login page or another site does."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            self.send_response(code)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_an_api_that_answers_has_no_problem_with_its_own_login_and_with_none_where_it_asks_for_none(
    tmp_path: Path,
) -> None:
    with kubeflow_api(Kubeflow(folder=tmp_path, token=TOKEN)) as host:
        assert problem(host, token=TOKEN) is None
        assert problem(f"{host}/", token=TOKEN) is None
    with kubeflow_api(Kubeflow(folder=tmp_path)) as host:
        assert problem(host) is None


def test_a_missing_login_and_a_refused_one_are_told_apart(tmp_path: Path) -> None:
    with kubeflow_api(Kubeflow(folder=tmp_path, token=TOKEN)) as host:
        missing, refused = problem(host), problem(host, token="wrong")
    assert missing is not None
    assert refused is not None
    assert "asks for a login (401)" in missing
    assert "refuses the login (401)" in refused
    assert "wrong" not in refused


def test_a_login_page_is_told_as_a_login_that_is_missing() -> None:
    with answering(302, Location="/dex/auth") as host:
        told = problem(host)
    assert told is not None
    assert "asks for a login (302)" in told


@pytest.mark.parametrize("code", [200, 404, 500])
def test_another_server_is_not_taken_for_kubeflow(code: int) -> None:
    with answering(code, **{"Content-Type": "text/html"}) as host:
        told = problem(host)
    assert told is not None
    assert "not the Kubeflow Pipelines API" in told
    assert "kubeflow.host" in told


def test_an_api_that_is_away_or_never_answers_is_told() -> None:
    told = problem(f"http://127.0.0.1:{free_port()}")
    assert told is not None
    assert "does not answer (ConnectionError)" in told
    with silent_server() as host:
        told = problem(host, seconds=0.2)
    assert told is not None
    assert "does not answer (ReadTimeout)" in told


def test_a_client_is_not_opened_where_the_api_does_not_answer() -> None:
    with pytest.raises(StackError, match="The run was not begun") as caught:
        open_client(
            f"http://127.0.0.1:{free_port()}", token=TOKEN, cookie=None, ca_certificate=None, namespace="imaging"
        )
    assert TOKEN not in str(caught.value)


def test_kubeflows_own_client_is_logged_in(tmp_path: Path) -> None:
    with kubeflow_api(Kubeflow(folder=tmp_path, token=TOKEN)) as host:
        client = open_client(host, token=TOKEN, cookie=None, ca_certificate=None, namespace="imaging")
        made = client.create_experiment(name="train", namespace="imaging")
        assert client.get_experiment(experiment_name="train", namespace="imaging").experiment_id == made.experiment_id
