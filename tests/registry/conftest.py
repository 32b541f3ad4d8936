import shutil
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from medimage.registry.tracking_server import open_client


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
