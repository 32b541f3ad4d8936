"""A stand-in for a cluster's API server: it keeps objects, has each validated, and runs the command of every job.

It speaks as much of the API as ZenML's Kubernetes orchestrator uses. What it cannot show: whether a node has room, an
image can be pulled, a volume attached, and a network crossed; tests tell it which of these fail.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support.kubernetes_cluster import KINDS, Cluster, Manifest

_VERSION = ("gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def log_message(self, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        if self.cluster.is_away:
            self.close_connection = True
            return
        if urlsplit(self.path).path.strip("/") == "version":
            self._answer(200, {"major": "1", "minor": "31", **dict.fromkeys(_VERSION, "stood in")})
            return
        plural, name, part, query = self._asked()
        if part == "log":
            assert self.cluster.runner is not None
            self._answer(200, self.cluster.runner.log(name))
        elif name:
            found = self.cluster.objects.get((plural, name))
            self._answer(200, found) if found is not None else self._refuse(404, "NotFound", f"no {plural} {name}")
        else:
            items = self.cluster.listed(plural, query)
            self._answer(200, {"kind": f"{KINDS[plural][0]}List", "metadata": {}, "items": items})

    def do_POST(self) -> None:
        plural, *_ = self._asked()
        try:
            self._answer(201, self.cluster.create(plural, self._body()))
        except FileExistsError as error:
            self._refuse(409, "AlreadyExists", f"{plural} {error} already exists")
        except ValueError as error:
            self._refuse(422, "Invalid", str(error))

    def do_PATCH(self) -> None:
        plural, name, *_ = self._asked()
        try:
            self._answer(200, self.cluster.change(plural, name, self._body()))
        except KeyError:
            self._refuse(404, "NotFound", f"no {plural} {name}")
        except ValueError as error:
            self._refuse(422, "Invalid", str(error))

    def do_DELETE(self) -> None:
        plural, name, *_ = self._asked()
        self._body()
        if self.cluster.delete(plural, name):
            self._answer(200, {"kind": "Status", "status": "Success"})
        else:
            self._refuse(404, "NotFound", f"no {plural} {name}")

    def _asked(self) -> tuple[str, str, str, dict[str, str]]:
        address = urlsplit(self.path)
        parts = address.path.strip("/").split("/")
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        if len(parts) > 2 and parts[0] == "namespaces":
            parts = parts[2:]
        plural, name, part = (*parts, "", "")[:3]
        return plural, name, part, {key: values[0] for key, values in parse_qs(address.query).items()}

    def _body(self) -> Manifest:
        length = int(self.headers.get("Content-Length") or 0)
        return json.loads(self.rfile.read(length)) if length else {}

    def _refuse(self, code: int, reason: str, message: str) -> None:
        self._answer(code, {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code})

    def _answer(self, code: int, content: Manifest | str) -> None:
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(content, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def kubernetes_api(cluster: Cluster, *, kubeconfig: Path, context: str = "test") -> Iterator[str]:
    """Runs an API server until the block ends, writes the kubeconfig file that leads to it, and gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cluster": cluster}))
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_port}"
    write_kubeconfig(kubeconfig, context=context, server=address)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        if cluster.runner is not None:
            cluster.runner.stop_all(cluster)
        server.shutdown()
        server.server_close()


def write_kubeconfig(path: Path, *, context: str, server: str) -> None:
    """Writes a kubeconfig file with one context."""
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": context,
                "clusters": [{"name": "test", "cluster": {"server": server}}],
                "users": [{"name": "test", "user": {"token": "none"}}],
                "contexts": [{"name": context, "context": {"cluster": "test", "user": "test"}}],
            }
        )
    )
