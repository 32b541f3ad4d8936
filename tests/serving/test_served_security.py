"""A service that asks for tokens and has narrow limits."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from medimage.serving.bundle import PackagedBento
from medimage.serving.prediction_log.reader import read_prediction_log
from tests.support.raw_requests import exchange
from tests.support.served import GOOD, Served, serving

TOKEN, OTHER = "ward-3-secret-token", "research-secret-token"
SECONDS = 2.0


@pytest.fixture(scope="module")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory, log_folder: Path) -> Iterator[Served]:
    with serving(
        bento,
        tmp_path_factory.mktemp("served"),
        tokens=f"ward-3:{TOKEN} research:{OTHER}",
        prediction_log=str(log_folder),
        feedback_log=str(log_folder.with_name("feedback")),
        log_file_names="true",
        maximum_upload_mb="1",
        upload_seconds=str(SECONDS),
    ) as served:
        yield served
    log = served.log.read_text()
    assert "Traceback" not in log
    assert TOKEN not in log


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def send(served: Served, token: str | None = TOKEN, *, data: bytes = GOOD, name: str = "a.png") -> httpx.Response:
    headers = bearer(token) if token is not None else {}
    return served.client.post("/predict", files={"image": (name, data)}, headers=headers)


@pytest.mark.parametrize("path", ["/card", "/metrics", "/health"])
def test_nothing_of_the_model_is_told_without_a_token(served: Served, path: str) -> None:
    refused = served.client.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["error"].endswith(".")
    assert served.client.get(path, headers=bearer(TOKEN)).status_code == 200


@pytest.mark.parametrize("token", [None, "wrong-wrong-wrong-wrong", TOKEN[:-1], f"ward-3:{TOKEN}"])
def test_no_image_is_answered_on_without_a_token(served: Served, token: str | None) -> None:
    assert send(served, token).status_code == 401


@pytest.mark.parametrize("path", ["/", "/docs", "/docs.json", "/livez", "/healthz", "/readyz"])
def test_probes_and_pages_need_none(served: Served, path: str) -> None:
    assert served.client.get(path).status_code == 200


def test_the_log_tells_who_called_and_never_the_token(served: Served, log_folder: Path) -> None:
    calls = {TOKEN: "ward-3", OTHER: "research"}
    for token, caller in calls.items():
        answer = send(served, token, name="Müller 1.png").json()
        rows = {row.prediction_id: row for row in read_prediction_log(log_folder)}
        assert rows[answer["prediction_id"]].caller == caller
        assert rows[answer["prediction_id"]].file_name == "Müller 1.png"
    assert not any(token in file.read_text() for file in log_folder.iterdir() for token in calls)


def test_the_description_tells_of_the_token(served: Served) -> None:
    described = served.client.get("/docs.json").json()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "401" in described["paths"]["/predict"]["post"]["responses"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/docs", 200),
        ("GET", "/readyz", 200),
        ("GET", "/static_content/swagger-ui.css", 200),
        ("GET", "/card", 401),
        ("GET", "/nothing", 404),
        ("GET", "/static_content/../../../../etc/passwd", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/docs/", 404),
        ("GET", "/predict", 405),
        ("DELETE", "/card", 405),
        ("OPTIONS", "/predict", 405),
        ("POST", "/predict", 401),
        ("POST", "/feedback", 401),
        ("GET", "/feedback", 405),
    ],
)
def test_every_answer_is_safe_to_show_and_gives_nothing_away(
    served: Served, method: str, path: str, status: int
) -> None:
    response = served.client.request(method, path)
    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "server" not in response.headers
    assert not re.search(r"Traceback|site-packages|\.py\b|/tmp/|/usr/", response.text if status >= 400 else "")
    if status >= 400:
        assert response.json()["error"].endswith(".")
    if status == 405:
        assert response.headers["allow"]


def test_a_larger_upload_is_refused_whether_its_length_is_stated_or_not(served: Served) -> None:
    large = send(served, data=bytes(2**20 + 1))
    assert large.status_code == 413
    assert "1 MiB" in large.json()["error"]

    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        for _ in range(200):
            yield bytes(2**20)
        yield b"\r\n--x--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=x", **bearer(TOKEN)}
    assert served.client.post("/predict", content=body(), headers=headers).status_code == 413


PART = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
"""How the one file of a form begins."""


def _head(*headers: str, path: str = "/predict", content_type: str = "multipart/form-data; boundary=x") -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: x", f"Content-Type: {content_type}")
    return "\r\n".join((*lines, f"Authorization: Bearer {TOKEN}", *headers, "", "")).encode()


def test_a_client_that_sends_too_slowly_is_told_and_the_connection_closed(served: Served) -> None:
    begun = time.monotonic()
    answer = asyncio.run(exchange(served.address, _head("Content-Length: 5000"), PART, *[b"-"] * 100, pause=0.1))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within 2 s" in answer
    assert time.monotonic() - begun >= SECONDS
    assert send(served).status_code == 200


def test_feedback_that_comes_too_slowly_is_told_as_well(served: Served) -> None:
    head = _head("Content-Length: 500", path="/feedback", content_type="application/json")
    answer = asyncio.run(exchange(served.address, head, b"{", *[b" "] * 100, pause=0.1))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within 2 s" in answer


def test_slow_clients_take_no_room_from_the_others(served: Served) -> None:
    async def crowd() -> int:
        slow = [
            asyncio.ensure_future(
                exchange(served.address, _head("Content-Length: 5000"), PART, *[b"-"] * 40, pause=0.1)
            )
            for _ in range(100)
        ]
        await asyncio.sleep(0.5)
        status = await asyncio.to_thread(lambda: send(served).status_code)
        await asyncio.gather(*slow)
        return status

    assert asyncio.run(crowd()) == 200


@pytest.mark.parametrize("begins", [PART, b"no form at all"])
def test_an_endless_upload_is_ended(served: Served, begins: bytes) -> None:
    chunks = [b"%x\r\n" % len(part) + part + b"\r\n" for part in (begins, bytes(65536))]
    sent = [chunks[0], *[chunks[1]] * 2000]
    answer = asyncio.run(exchange(served.address, _head("Transfer-Encoding: chunked"), *sent, pause=0.01))
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
    assert send(served).status_code == 200


def test_an_endless_upload_without_a_token_is_ended(served: Served) -> None:
    chunk = b"%x\r\n" % 65536 + bytes(65536) + b"\r\n"
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = asyncio.run(exchange(served.address, head, *[chunk] * 2000, pause=0.01))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 401")


def test_a_client_that_asks_before_it_sends_too_much_need_not(served: Served) -> None:
    answer = asyncio.run(exchange(served.address, _head("Content-Length: 99999999", "Expect: 100-continue")))
    assert answer.startswith(b"HTTP/1.1 413")
