"""A server that goes away in the middle of what is asked of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from medimage.errors import RegistryError

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "host"}


class CutOff:
    """What a proxy lets through.

    Attributes:
        address: Where the proxy listens.
        paths: What was asked for since it was last set, the question whether the server is there apart.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.address = ""
        self.paths: list[str] = []
        self._lock = threading.Lock()
        self._left: int | None = None
        self._answers_last = True

    def after(self, requests: int | None, *, last_is_answered: bool = True) -> None:
        """Lets so many requests through from now on; all of them where None.

        Args:
            requests: How many.
            last_is_answered: Whether the answer to the last one comes through; else the server has done what was asked,
                and nobody hears of it.
        """
        with self._lock:
            self.paths, self._left, self._answers_last = [], requests, last_is_answered

    def pass_on(self, path: str) -> tuple[bool, bool]:
        """Notes a request, and returns whether it gets to the server, and whether its answer comes back."""
        with self._lock:
            self.paths.append(path)
            if self._left is None:
                return True, True
            self._left -= 1
            return self._left >= 0, self._left > 0 or (self._left == 0 and self._answers_last)


@contextmanager
def cut_off(server: str) -> Iterator[CutOff]:
    """Runs a proxy before a server."""
    cut = CutOff(server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_all(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            # Whether a server is there is asked before everything else: here it is, until it is not.
            to_server, back = (True, True) if self.path == "/health" else cut.pass_on(self.path)
            if to_server:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
                answer = httpx.request(
                    self.command, f"{cut.server}{self.path}", headers=headers, content=body, timeout=60
                )
                if back:
                    self.send_response(answer.status_code)
                    for name, value in answer.headers.items():
                        if name.lower() not in _HOP_BY_HOP:
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)
                    return
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_all  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        cut.address = f"http://127.0.0.1:{proxy.server_address[1]}"
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield cut
        finally:
            proxy.shutdown()
            thread.join()


def is_cut_off(cut: CutOff, work: Callable[[], object], *, after: int, last_is_answered: bool) -> bool:
    """Does work while the server goes away; returns whether it went away at all, which must be told in one sentence.

    Args:
        cut: What is between the work and the server.
        work: What asks the registry.
        after: How many requests come through.
        last_is_answered: As `CutOff.after` takes it.
    """
    told = ""
    cut.after(after, last_is_answered=last_is_answered)
    try:
        work()
    except RegistryError as error:
        told = str(error)
    finally:
        cut.after(None)
    assert not told or "Check MLFLOW_TRACKING_URI and the server" in told
    assert "\n" not in told
    return bool(told)
