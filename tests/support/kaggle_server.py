"""A server on this machine that plays Kaggle's web service and its storage, faults included."""

import hashlib
import io
import json
import re
import sys
import threading
import traceback
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

USERNAME, KEY, TOKEN, REFRESH_TOKEN = "someone", "0123key4567", "KGAT_token89", "refresh-token-42"
SECRETS = (KEY, TOKEN, REFRESH_TOKEN, b64encode(f"{USERNAME}:{KEY}".encode()).decode(), "signed-by-storage")
"""What no message, log or error may show."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is given instead of the right one."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Drop:
    """The right answer, whose connection breaks after so many bytes of the body."""

    after: int


@dataclass(frozen=True, kw_only=True)
class Stall:
    """The right answer, which stops after so many bytes of the body until the server ends."""

    after: int


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that has come."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(kw_only=True)
class PlayedKaggle:
    """What the server holds and how it behaves.

    Attributes:
        versions: Version number → archive of the dataset `owner/name`.
        address: Where it listens.
        api_faults: Given to questions, one each, before right answers are.
        storage_faults: Given to downloads, one each, before right answers are.
        ranges: Whether the storage sends parts of an archive.
        headers: Which headers describe an archive: `length`, `etag`, `md5`.
        seen: Every request so far.
    """

    versions: dict[int, bytes]
    address: str = ""
    api_faults: list[Answer] = field(default_factory=list)
    storage_faults: list[Answer | Drop | Stall] = field(default_factory=list)
    ranges: bool = True
    headers: tuple[str, ...] = ("length", "etag", "md5")
    seen: list[Seen] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def downloads(self) -> list[Seen]:
        """Returns the requests that came to the storage."""
        return [each for each in self.seen if each.path.startswith("/storage/")]


@contextmanager
def playing_kaggle(kaggle: PlayedKaggle) -> Iterator[PlayedKaggle]:
    """Runs the server on a free port until the block ends."""

    class Handler(_Handler):
        played = kaggle

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kaggle.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield kaggle
    finally:
        kaggle.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that has seen enough hangs up, which is no fault of the server.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    played: PlayedKaggle
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._note(body)
        if self.played.api_faults:
            self._give(self.played.api_faults.pop(0))
        elif self.path == "/api/v1/users.AccountService/GenerateAccessToken":
            known = body["refreshToken"] == REFRESH_TOKEN
            self._give_json({"token": TOKEN, "expiresIn": 43200} if known else {}, status=200 if known else 401)
        elif not self._is_known(self.headers.get("Authorization", "")):
            self._give_json({"code": 401, "message": "Unauthenticated"}, status=401)
        elif (body["ownerSlug"], body["datasetSlug"]) != ("owner", "name"):
            self._give_json({"code": 404, "message": "Not found"}, status=404)
        elif self.path == "/api/v1/datasets.DatasetApiService/GetDataset":
            self._give_json({"currentVersionNumber": max(self.played.versions)})
        elif self.path != "/api/v1/datasets.DatasetApiService/DownloadDataset":
            self._give_json({}, status=404)
        elif body["datasetVersionNumber"] not in self.played.versions:
            self._give_json({"code": 404, "message": "Not found"}, status=404)
        else:
            address = f"/storage/{body['datasetVersionNumber']}/archive.zip?X-Goog-Signature=signed-by-storage"
            self._give(Answer(status=302, headers={"Location": address}))

    def do_GET(self) -> None:
        self._note({})
        fault = self.played.storage_faults.pop(0) if self.played.storage_faults else None
        if isinstance(fault, Answer):
            self._give(fault)
            return
        content = self.played.versions[int(self.path.split("/")[2])]
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if self.played.ranges else None
        fresh = self.headers.get("If-Range", tag) != tag
        start = int(asked[1]) if asked and not fresh else 0
        if start and start >= len(content):
            self._give(Answer(status=416, headers={"Content-Range": f"bytes */{len(content)}"}))
            return
        headers = {"Content-Type": "application/zip"}
        if "etag" in self.played.headers:
            headers["ETag"] = tag
        if "md5" in self.played.headers:
            md5 = b64encode(hashlib.md5(content).digest()).decode()
            headers["X-Goog-Hash"] = f"crc32c=AAAAAA==,md5={md5}"
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if "length" in self.played.headers:
            headers["Content-Length"] = str(len(content) - start)
        else:
            headers["Connection"] = "close"
        self._send(206 if start else 200, headers, content[start:], fault)

    def _note(self, body: dict[str, Any]) -> None:
        self.played.seen.append(Seen(path=self.path, headers=dict(self.headers), body=body))

    @staticmethod
    def _is_known(authorization: str) -> bool:
        kind, _, value = authorization.partition(" ")
        if kind == "Basic":
            return b64decode(value).decode() == f"{USERNAME}:{KEY}"
        return authorization == f"Bearer {TOKEN}"

    def _give_json(self, values: dict[str, Any], *, status: int = 200) -> None:
        self._give(
            Answer(status=status, headers={"Content-Type": "application/json"}, body=json.dumps(values).encode())
        )

    def _give(self, answer: Answer) -> None:
        self._send(answer.status, {"Content-Length": str(len(answer.body)), **answer.headers}, answer.body, None)

    def _send(self, status: int, headers: dict[str, str], body: bytes, fault: Drop | Stall | None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if fault is None else body[: fault.after])
        self.wfile.flush()
        if isinstance(fault, Stall):
            self.played.ending.wait(timeout=60)
        if fault is not None or headers.get("Connection") == "close":
            self.close_connection = True


def zip_of(files: dict[str, bytes]) -> bytes:
    """Returns a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def without_credentials(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the test the environment of a user without any settings for Kaggle."""
    for name in ("API_TOKEN", "USERNAME", "KEY", "CONFIG_DIR", "API_ENDPOINT"):
        monkeypatch.delenv(f"KAGGLE_{name}", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home))


def with_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the test the user name and key that the server knows."""
    monkeypatch.setenv("KAGGLE_USERNAME", USERNAME)
    monkeypatch.setenv("KAGGLE_KEY", KEY)


def assert_silent(error: BaseException) -> None:
    """No secret stands in an error, nor in any error that it is chained to."""
    chain: list[BaseException] = []
    step: BaseException | None = error
    while step is not None:
        chain.append(step)
        step = step.__cause__ or step.__context__
    shown = "".join(f"{each!r} {each.__dict__!r} {each.args!r}" for each in chain)
    shown += "".join(traceback.format_exception(error))
    assert all(secret not in shown for secret in SECRETS)
