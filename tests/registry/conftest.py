import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest

from medimage.registry.tracking_server import open_client
from tests.support.cut_off import CutOff, cut_off
from tests.support.processes import free_port, running_server


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new MLflow database: a file to copy, because making its tables takes seconds."""
    file = tmp_path_factory.mktemp("template") / "mlflow.db"
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{file}")
    open_client().search_experiments()
    mlflow.set_tracking_uri(previous)
    return file


@pytest.fixture
def database(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An MLflow database of its own, beside which the artifacts go."""
    file = tmp_path / "mlflow" / "mlflow.db"
    file.parent.mkdir()
    shutil.copyfile(empty_database, file)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{file}")
    # Files that land in the current directory are files in the wrong place; there they would be seen.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    yield file
    mlflow.set_tracking_uri(previous)
    assert list(elsewhere.iterdir()) == []


@pytest.fixture(scope="module")
def tracking_server(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an `mlflow server` in a process of its own, with a store of its own."""
    store = tmp_path_factory.mktemp("server")
    shutil.copyfile(empty_database, store / "mlflow.db")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{store}/mlflow.db", "--artifacts-destination", str(store / "files")),
    ]
    environment = {"MLFLOW_DISABLE_TELEMETRY": "true"}
    with running_server(
        command, address=address, ready="/health", cwd=store, environment=environment, log=store / "log"
    ):
        yield address


@pytest.fixture
def tracking_uri() -> Iterator[Callable[[str], None]]:
    """Sets the server that MLflow speaks to, until the test ends."""
    previous = mlflow.get_tracking_uri()
    yield mlflow.set_tracking_uri
    mlflow.set_tracking_uri(previous)


@pytest.fixture(scope="module")
def proxy(tracking_server: str) -> Iterator[CutOff]:
    """One for all tests of a file: MLflow remembers through which address it stores the files of a run."""
    with cut_off(tracking_server) as through:
        yield through
