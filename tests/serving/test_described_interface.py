"""What a packaged Bento answers, and what its description of the interface says: the same addresses and statuses."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from medimage.serving import described_answers
from medimage.serving.bundle import PackagedBento
from medimage.serving.routes import DOCS_FILES, METHODS, OPEN
from tests.conftest import PROJECT
from tests.support.served import Served, serving

TOKEN = "ward-3-secret-token"
ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

LIST_ROUTES = """
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from pathlib import Path
from medimage.serving.service import MedimageService

def paths(routes, before):
    for route in routes:
        application = getattr(route, "app", None)
        if isinstance(application, StaticFiles):
            for folder in application.all_directories:
                yield from (f"{before}{route.path}/{file.name}" for file in Path(folder).iterdir())
        elif getattr(route, "routes", None):
            yield from paths(route.routes, before + route.path)
        else:
            yield before + route.path

application = MedimageService.to_asgi()
while not hasattr(application, "routes"):
    application = application._app
print(*paths(application.routes, ""), sep="\\n")
"""
"""Every address that BentoML would answer if the guard did not stand before it."""


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(bento, tmp_path_factory.mktemp("served"), tokens=f"ward-3:{TOKEN}") as served:
        served.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield served
    assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="module")
def described(served: Served) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """Each operation's responses, by path, method and status."""
    paths = served.client.get("/docs.json").json()["paths"]
    return {
        path: {method.upper(): operation["responses"] for method, operation in operations.items()}
        for path, operations in paths.items()
    }


@pytest.fixture(scope="module")
def known_to_bentoml() -> set[str]:
    listed = subprocess.run(
        [sys.executable, "-c", LIST_ROUTES], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert listed.returncode == 0, listed.stderr
    return set(listed.stdout.split())


def test_every_address_that_answers_is_described_and_the_other_way_round(
    served: Served, described: dict[str, dict[str, object]], known_to_bentoml: set[str]
) -> None:
    assert known_to_bentoml >= {"/predict", "/card", "/schema.json", "/static_content/index.css", *DOCS_FILES}
    asked = {
        (path, method): served.client.request(method, path).status_code
        for path in known_to_bentoml | METHODS.keys() | described.keys()
        for method in ALL_METHODS
    }
    answered = {question for question, status in asked.items() if status not in (404, 405)}
    # Feedback is not kept here, and is not found although it is described.
    answered |= {("/feedback", "POST")}
    reads = {(path, "HEAD") for path, operations in described.items() if "GET" in operations}
    assert answered == {(path, method) for path, operations in described.items() for method in operations} | reads
    closed = {path for path, _ in asked} - described.keys()
    assert "/schema.json" in closed
    assert {asked[path, method] for path in closed for method in ALL_METHODS} == {404}


def test_every_status_that_the_code_names_is_described(described: dict[str, dict[str, dict[str, object]]]) -> None:
    folder = Path(described_answers.__file__).parent
    named = {
        getattr(HTTPStatus, node.attr).value
        for file in folder.rglob("*.py")
        if file.name != "described_answers.py"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "HTTPStatus"
    }
    assert named >= {200, 400, 401, 404, 405, 408, 409, 413, 415, 422, 503}
    told = {int(status) for operations in described.values() for each in operations.values() for status in each}
    # Another method than those that are described.
    assert named - told == {405}
    assert told >= {500, 504}


@pytest.mark.parametrize("path", sorted(METHODS))
def test_every_operation_tells_what_any_request_may_be_answered_with(
    described: dict[str, dict[str, dict[str, object]]], path: str
) -> None:
    for responses in described[path].values():
        assert {"200", "500", "504"} <= responses.keys()
        assert ("401" in responses) == (path not in OPEN)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "bytes=0-9"}, 206),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ({"Range": "nonsense"}, 400),
        ({"Range": "bytes=999999999-"}, 416),
    ],
)
def test_what_is_answered_for_a_file_is_described(
    served: Served, described: dict[str, dict[str, dict[str, object]]], headers: dict[str, str], status: int
) -> None:
    for path in DOCS_FILES:
        assert served.client.get(path, headers=headers).status_code == status
        assert str(status) in described[path]["GET"]
