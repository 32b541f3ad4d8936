from collections.abc import Callable
from pathlib import Path

import pytest

from medimage.doctor.finding import State
from medimage.doctor.registry import check_registry
from tests.support.processes import free_port


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda address: monkeypatch.setenv("MLFLOW_TRACKING_URI", address)


def test_a_registry_that_is_still_to_be_made_is_fine(named: Callable[[str], None], tmp_path: Path) -> None:
    named(f"sqlite:///{tmp_path / 'mlflow.db'}")
    found = check_registry()
    assert found.state is State.FINE
    assert "none yet" in found.told
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_away_is_a_problem_told_without_its_password(named: Callable[[str], None]) -> None:
    named(f"http://anna:secret@127.0.0.1:{free_port()}")
    found = check_registry()
    assert found.state is State.PROBLEM
    assert "does not answer" in found.told
    assert "secret" not in found.told + found.advice


def test_a_file_that_is_no_database_is_a_problem(named: Callable[[str], None], tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_bytes(b"no database at all, and long enough to be read as one" * 20)
    named(f"sqlite:///{file}")
    found = check_registry()
    assert found.state is State.PROBLEM
    assert str(file) in found.told
