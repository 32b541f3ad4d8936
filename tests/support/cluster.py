"""What a cluster's API server is to its clients: objects that are made, read, changed and deleted over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

CONTEXT = "stub"


@dataclass(kw_only=True)
class Cluster:
    """A cluster that runs nothing.

    Attributes:
        kubeconfig: File that leads clients to it.
        objects: Everything that was made, by its address.
    """

    kubeconfig: Path
    objects: dict[str, Any] = field(default_factory=dict)

    def cron_jobs(self) -> list[dict[str, Any]]:
        """Returns the CronJobs that stand in it."""
        return [each for path, each in self.objects.items() if "/cronjobs/" in path]


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Runs a cluster's API server until the block ends.

    Args:
        folder: Where its kubeconfig is written.
    """
    made = Cluster(kubeconfig=folder / "kubeconfig")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._path == "/version":
                self._answer(200, {"major": "1", "minor": "29", **dict.fromkeys(_VERSION, "stub")})
            else:
                self._answer_with(made.objects.get(self._path))

        def do_POST(self) -> None:
            content = self._content()
            path = f"{self._path}/{content['metadata']['name']}"
            if path in made.objects:
                self._answer(409, {"kind": "Status", "reason": "AlreadyExists"})
                return
            content["metadata"].setdefault("uid", f"uid-{len(made.objects)}")
            made.objects[path] = content
            self._answer(201, content)

        def do_PATCH(self) -> None:
            found = made.objects.get(self._path)
            if found is not None:
                _merge(found, self._content())
            self._answer_with(found)

        def do_DELETE(self) -> None:
            self._content()
            self._answer_with(made.objects.pop(self._path, None))

        @property
        def _path(self) -> str:
            return self.path.partition("?")[0].rstrip("/")

        def _content(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

        def _answer_with(self, found: Any) -> None:
            self._answer(404, {"kind": "Status", "reason": "NotFound"}) if found is None else self._answer(200, found)

        def _answer(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    made.kubeconfig.write_text(yaml.safe_dump(_kubeconfig(address)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


_VERSION = ("gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform")


def _kubeconfig(address: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": {"server": address}}],
        "users": [{"name": CONTEXT, "user": {}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "current-context": CONTEXT,
    }


def _merge(target: dict[str, Any], change: dict[str, Any]) -> None:
    for name, value in change.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            _merge(target[name], value)
        else:
            target[name] = value
