"""The connection to MLflow: opened quickly, or refused with a clear sentence."""

from __future__ import annotations

import logging
import os
import sqlite3
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from medimage.errors import RegistryError
from medimage.hidden_credentials import hide_credentials

if TYPE_CHECKING:
    from mlflow import MlflowClient

_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 10
"""A server that has just started, or has much to do, may take seconds for its first answer."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def open_client() -> MlflowClient:
    """Opens a client for the tracking server and registry that MLflow is set to, by default `MLFLOW_TRACKING_URI`.

    MLflow itself waits for minutes for a server that is away; so the server is tried first.

    Raises:
        RegistryError: If the server does not answer within seconds, or a database file cannot be used.
    """
    _prepare_environment()
    import mlflow  # noqa: PLC0415 - a second of import time that light types must not cost

    if "MLFLOW_LOGGING_LEVEL" not in os.environ:
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # It logs the traceback of every failed query, with the query's values, and raises the error as well.
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    with registry_errors("MLflow cannot be opened"):
        for uri in dict.fromkeys([mlflow.get_tracking_uri(), mlflow.get_registry_uri()]):
            _require_reachable(uri)
        return mlflow.MlflowClient()


def store_exists() -> bool:
    """Returns whether there is a registry to look into: a database file that is still to be made holds nothing.

    A server, which has a store of its own, is taken to have one.
    """
    _prepare_environment()
    import mlflow  # noqa: PLC0415 - see open_client

    file = sqlite_file(mlflow.get_registry_uri())
    return file is None or file.exists()


@contextmanager
def registry_errors(action: str) -> Iterator[None]:
    """Turns MLflow's errors into one sentence that starts with `action`.

    Raises:
        RegistryError: Instead of an error of MLflow, its database or its connection.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - see open_client

    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise RegistryError(
            f"{action}: {hide_credentials(reason).rstrip('.')}. Check MLFLOW_TRACKING_URI and the server."
        ) from error


def sqlite_file(uri: str) -> Path | None:
    """Returns the database file that a `sqlite:` address names, or None for another address or one in memory."""
    if not uri.startswith("sqlite"):
        return None
    from sqlalchemy import make_url  # noqa: PLC0415 - see open_client

    name = make_url(uri).database
    return Path(name).absolute() if name and name != ":memory:" else None


def _prepare_environment() -> None:
    # Medical data: nothing is reported to anyone unless the user asks for it. MLflow reads this when imported.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # A server that goes away midway is given up after about ten seconds; MLflow's default is minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")


def _require_reachable(uri: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme in _DEFAULT_PORTS and parts.hostname:
        try:
            port = parts.port
        except ValueError as error:
            raise RegistryError(
                f"Expected the address of an MLflow server but {hide_credentials(uri)} has no number for its port. "
                "Correct MLFLOW_TRACKING_URI; in a password, write / as %2F, : as %3A and @ as %40."
            ) from error
        _require_answering(uri, host=parts.hostname, port=port or _DEFAULT_PORTS[parts.scheme])
    file = sqlite_file(uri)
    if file is not None:
        _require_database(file)


def _require_answering(uri: str, *, host: str, port: int) -> None:
    proxies = urllib.request.getproxies()
    if urlsplit(uri).scheme in proxies and not urllib.request.proxy_bypass(host):
        return  # only the proxy can tell whether the server is there
    secure = urlsplit(uri).scheme == "https"
    connection = (HTTPSConnection if secure else HTTPConnection)(host, port, timeout=_ANSWER_SECONDS)
    try:
        # A server that accepts a connection may be silent for ever after; any answer shows that it is there.
        with closing(connection):
            connection.request("GET", "/health")
            connection.getresponse()
    except ssl.SSLError:
        return  # it answers; whether its certificate is to be trusted is MLflow's setting
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or error
        raise RegistryError(
            f"Expected an MLflow server at {hide_credentials(uri)} but it does not answer ({reason}). Start it, "
            "correct MLFLOW_TRACKING_URI, or unset the variable to use a database on this machine."
        ) from error


def _require_database(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=_CONNECT_SECONDS)) as connection:
            connection.execute("PRAGMA schema_version").fetchall()
            # A lock for writing is taken and given back: a file that can only be read fails here, not midway.
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except (OSError, sqlite3.Error) as error:
        raise RegistryError(
            f"Expected an MLflow database that can be written at {file} but {error}. Free it, move it away, or let "
            "MLFLOW_TRACKING_URI name another one."
        ) from error
