"""Feedback as it is sent, with the guard around the pages and without a server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from medimage.serving.access_tokens import AccessTokens
from medimage.serving.answers import ModelIdentity
from medimage.serving.feedback import FeedbackDesk
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from medimage.serving.feedback_log.reader import read_feedback_log
from medimage.serving.feedback_log.writer import FeedbackLogWriter
from medimage.serving.feedback_request import MAXIMUM_BYTES, FeedbackRequest, feedback_schema, read_feedback
from medimage.serving.pages import pages
from medimage.serving.request_guard import RequestGuard
from medimage.serving.service_metrics import service_metrics
from medimage.serving.settings import ServiceSettings
from tests.support.disk import files_limited_to

PREDICTION = "0123456789abcdef" * 2
CLASSES = ("ill", "<b>'\"&", "ж" * 200)
MODEL = ModelIdentity(name="lung", version="1.2.3", sha256="a" * 64, evidence_hash=None)
TOKEN = "ward-3-secret-token"


def desk(log: FeedbackLogWriter | None) -> FeedbackDesk:
    return FeedbackDesk(model=MODEL, classes=CLASSES, log=log, metrics=service_metrics())


def client_of(log: FeedbackLogWriter | None, *, tokens: str = "") -> TestClient:
    pages.state.feedback = desk(log)
    guarded = RequestGuard(
        pages,
        settings=ServiceSettings.from_environment({}),
        tokens=AccessTokens.parse(tokens),
        metrics=service_metrics(),
    )
    return TestClient(guarded)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_of(FeedbackLogWriter(tmp_path)) as client:
        yield client


def said(**changes: Any) -> dict[str, Any]:
    return {"prediction_id": PREDICTION, "agrees": True} | changes


def rows_of(folder: Path) -> list[LoggedFeedback]:
    return list(read_feedback_log(folder))


@pytest.mark.parametrize(
    ("feedback", "agrees", "label"),
    [
        (said(), True, None),
        (said(label=None), True, None),
        (said(agrees=False, label=None), False, None),
        *[(said(agrees=False, label=name), False, name) for name in CLASSES],
    ],
)
def test_feedback_is_in_the_log_when_it_is_answered(
    client: TestClient, tmp_path: Path, feedback: dict[str, Any], agrees: bool, label: str | None
) -> None:
    response = client.post("/feedback", json=feedback)
    assert (response.status_code, response.json()) == (200, {"prediction_id": PREDICTION})
    (row,) = rows_of(tmp_path)
    assert (row.prediction_id, row.agrees, row.label, row.caller) == (PREDICTION, agrees, label, None)
    assert (row.model.name, row.model.version, row.model.sha256) == ("lung", "1.2.3", "a" * 64)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no JSON object"),
        (b"{", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"\xff", "no JSON object"),
        (b"[" * 4000, "no JSON object"),
        (b'{"prediction_id": "\\ud800"}', "no JSON object"),
        (said(prediction_id="../../etc"), "32 hexadecimal digits"),
        (said(prediction_id=PREDICTION + "\n"), "32 hexadecimal digits"),
        (said(prediction_id=PREDICTION.upper()), "32 hexadecimal digits"),
        (said(prediction_id=None), "32 hexadecimal digits"),
        ({"agrees": True}, "no 'prediction_id'"),
        ({"prediction_id": PREDICTION}, "no 'agrees'"),
        (said(agrees=1), "true or false"),
        (said(agrees="true"), "true or false"),
        (said(agrees=False, label=["ill"]), "text or null"),
        (said(agrees=False), "needs 'label'"),
        (said(agrees=False, label="unknown"), "none of the model's classes"),
        (said(agrees=False, label=""), "none of the model's classes"),
        (said(label="ill"), "agrees names no class"),
        (said(comment="Mrs Smith"), "no fields but 'prediction_id', 'agrees', 'label'"),
    ],
)
def test_feedback_that_cannot_be_is_refused_with_a_sentence(
    client: TestClient, tmp_path: Path, body: bytes | dict[str, Any], told: str
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = client.post("/feedback", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert told in response.json()["error"]
    assert "Smith" not in response.text
    assert rows_of(tmp_path) == []


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_taken_which_pages_of_other_sites_cannot_send(client: TestClient, content_type: str) -> None:
    body = json.dumps(said())
    response = client.post("/feedback", content=body, headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert "application/json" in response.json()["error"]
    accepted = client.post("/feedback", content=body, headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert accepted.status_code == 200


def test_longer_feedback_is_refused_whether_its_length_is_stated_or_not(client: TestClient) -> None:
    longest = json.dumps(said()).encode().ljust(MAXIMUM_BYTES)
    headers = {"Content-Type": "application/json"}
    assert client.post("/feedback", content=longest, headers=headers).status_code == 200
    assert client.post("/feedback", content=longest + b" ", headers=headers).status_code == 413
    parts = iter([longest, b" " * 100_000])
    assert client.post("/feedback", content=parts, headers=headers).status_code == 413


def test_without_a_folder_there_is_no_feedback_to_give() -> None:
    with client_of(None) as client:
        response = client.post("/feedback", json=said())
        assert response.status_code == 404
        assert "MEDIMAGE_SERVE_FEEDBACK_LOG" in response.json()["error"]


def test_the_row_tells_who_said_it_and_nobody_else_may(tmp_path: Path) -> None:
    with client_of(FeedbackLogWriter(tmp_path), tokens=f"ward-3:{TOKEN}") as client:
        assert client.post("/feedback", json=said()).status_code == 401
        assert client.post("/feedback", json=said(), headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert [row.caller for row in rows_of(tmp_path)] == ["ward-3"]


def test_feedback_that_cannot_be_kept_is_not_taken_for_kept(client: TestClient, tmp_path: Path) -> None:
    assert client.post("/feedback", json=said()).status_code == 200
    (file,) = tmp_path.iterdir()
    with files_limited_to(file.stat().st_size + 10):
        response = client.post("/feedback", json=said())
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "could not be kept" in response.json()["error"]
    assert len(rows_of(tmp_path)) == 1


def test_it_is_counted(client: TestClient) -> None:
    from prometheus_client import REGISTRY

    def count(agrees: str) -> float:
        return REGISTRY.get_sample_value("medimage_feedback_total", {"agrees": agrees}) or 0.0

    before = count("true"), count("false")
    for feedback in (said(), said(agrees=False, label="ill"), said(agrees=False, label=None), said(agrees=False)):
        client.post("/feedback", json=feedback)
    assert (count("true") - before[0], count("false") - before[1]) == (1, 2)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "prediction_id": st.just(PREDICTION) | JSON,
        "agrees": st.booleans() | JSON,
        "label": st.sampled_from([*CLASSES, None]) | JSON,
        "other": JSON,
    },
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(FIELDS)
def test_what_is_taken_is_what_is_described(feedback: dict[str, Any]) -> None:
    described = jsonschema.Draft202012Validator(_plain(feedback_schema(CLASSES)))
    taken = read_feedback(json.dumps(feedback).encode(), classes=CLASSES)
    assert isinstance(taken, FeedbackRequest) == described.is_valid(feedback)


def _plain(schema: Any) -> Any:
    """A schema with OpenAPI's `nullable` as JSON schema says it."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(item) for key, item in schema.items() if key != "nullable"}
    return plain | {"type": [plain["type"], "null"]} if schema.get("nullable") else plain


@given(st.binary(max_size=200))
def test_no_body_breaks_it(body: bytes) -> None:
    assert read_feedback(body, classes=CLASSES) is not None
