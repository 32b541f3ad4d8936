"""An object store that can be full, or gone: it stands before another one and hands on what it is asked."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.support.processes import free_port

# What MinIO answers where its disks are full.
_FULL = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>XMinioStorageFull</Code><Message>Storage backend has reached '
    b"its minimum free drive threshold. Please delete a few objects to proceed.</Message></Error>"
)
_BETWEEN_TWO_ONLY = ("connection", "transfer-encoding", "content-length", "keep-alive", "server", "date")


class TroubledStore:
    """The store that others see, on a port of its own.

    Attributes:
        address: Where it answers while it is not gone.
    """

    def __init__(self, behind: str) -> None:
        """Opens it.

        Args:
            behind: Address of the store that keeps everything.
        """
        self._behind = urlsplit(behind).netloc
        self._port = free_port()
        self._is_full = False
        self._server: ThreadingHTTPServer | None = None
        self.address = f"http://127.0.0.1:{self._port}"
        self.be_well()

    def be_full(self) -> None:
        """Takes no further object; those that are there can be read."""
        self._is_full = True

    def be_gone(self) -> None:
        """Refuses every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def be_well(self) -> None:
        """Answers, and takes objects, as if nothing had been."""
        self._is_full = False
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def _hand_on(self) -> None:
                if store._server is None:
                    # One that is gone answers on no connection of before either.
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if store._is_full and self.command in ("PUT", "POST"):
                    self._answer(507, {"Content-Type": "application/xml"}, _FULL)
                    return
                connection = http.client.HTTPConnection(store._behind, timeout=60)
                connection.request(self.command, self.path, body=body, headers=dict(self.headers))
                given = connection.getresponse()
                content = given.read()
                kept = {name: value for name, value in given.getheaders() if name.lower() not in _BETWEEN_TWO_ONLY}
                # To a HEAD it is the length of what a GET would give.
                length = given.getheader("Content-Length") if self.command == "HEAD" else None
                self._answer(given.status, kept, content, length=length)
                connection.close()

            def _answer(self, status: int, headers: dict[str, str], content: bytes, length: str | None = None) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", length or str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _hand_on  # noqa: N815

        return Handler


@contextmanager
def troubled_store(behind: str) -> Iterator[TroubledStore]:
    """Opens a store before another one, and closes it."""
    store = TroubledStore(behind)
    try:
        yield store
    finally:
        store.be_gone()
