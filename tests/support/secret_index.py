"""A package index behind a password, which sends those who know it on to the real one."""

import base64
import configparser
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PASSWORD = "not-to-be-found-in-an-image"

_PIP_SETTINGS = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")
_PUBLIC = "https://pypi.org/simple"


def package_index() -> str:
    """Returns the index that this machine installs from, as pip is set up."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(Path(path).expanduser() for path in _PIP_SETTINGS)
    return os.environ.get("PIP_INDEX_URL") or settings.get("global", "index-url", fallback=_PUBLIC)


def certificates() -> Path | None:
    """Returns the file of certificates that this machine trusts."""
    paths = ssl.get_default_verify_paths()
    candidates = (os.environ.get("SSL_CERT_FILE"), paths.cafile, "/etc/ssl/certs/ca-certificates.crt")
    return next((Path(path) for path in candidates if path and Path(path).is_file()), None)


@contextmanager
def secret_index() -> Iterator[str]:
    """Gives the address of the index, with its password."""
    upstream = package_index().rstrip("/")
    expected = "Basic " + base64.b64encode(f"reader:{PASSWORD}".encode()).decode()

    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
            else:
                self.send_response(302)
                self.send_header("Location", upstream + self.path.removeprefix("/simple"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://reader:{PASSWORD}@127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
