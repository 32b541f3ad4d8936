import sqlite3
import threading
import time
from pathlib import Path

import mlflow
import pytest

from medimage.errors import RegistryError
from medimage.registry.tracking_server import open_client, sqlite_file
from tests.support.processes import free_port, silent_server


@pytest.fixture
def tracking_uri(monkeypatch: pytest.MonkeyPatch):
    previous = mlflow.get_tracking_uri()
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    yield mlflow.set_tracking_uri
    mlflow.set_tracking_uri(previous)


def test_server_that_is_away_is_one_sentence(tracking_uri) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    tracking_uri(address)
    with pytest.raises(RegistryError, match=f"MLflow server at {address} but it does not answer"):
        open_client()


def test_server_that_never_answers_is_one_sentence_within_seconds(
    tracking_uri, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medimage.registry.tracking_server._ANSWER_SECONDS", 0.5)
    started = time.monotonic()
    with silent_server() as address:
        tracking_uri(address)
        with pytest.raises(RegistryError, match=f"MLflow server at {address} but it does not answer .timed out"):
            open_client()
    assert time.monotonic() - started < 5


def test_server_whose_name_is_unknown_is_one_sentence(tracking_uri) -> None:
    tracking_uri("http://mlflow.invalid:5000")
    with pytest.raises(RegistryError, match="does not answer"):
        open_client()


def test_a_password_with_a_slash_is_told_and_not_shown(tracking_uri) -> None:
    tracking_uri("http://anna:pa/55@127.0.0.1")
    with pytest.raises(RegistryError, match="%2F") as raised:
        open_client()
    assert "pa/55" not in str(raised.value)


def test_database_in_a_missing_folder_is_created(tracking_uri, tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "mlflow.db"
    tracking_uri(f"sqlite:///{file}")
    assert open_client().search_experiments()[0].name == "Default"
    assert file.is_file()


def test_file_that_is_no_database_is_one_sentence(tracking_uri, tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_text("not a database, but long enough to be read as a header of one hundred bytes" * 3)
    tracking_uri(f"sqlite:///{file}")
    with pytest.raises(RegistryError, match="file is not a database"):
        open_client()


def test_folder_in_place_of_a_database_is_one_sentence(tracking_uri, tmp_path: Path) -> None:
    tracking_uri(f"sqlite:///{tmp_path}")
    with pytest.raises(RegistryError, match="unable to open database file"):
        open_client()


def test_locked_database_is_one_sentence(tracking_uri, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mlflow.db"
    monkeypatch.setattr("medimage.registry.tracking_server._CONNECT_SECONDS", 0.1)
    holder = sqlite3.connect(file)
    holder.execute("BEGIN EXCLUSIVE")
    tracking_uri(f"sqlite:///{file}")
    try:
        with pytest.raises(RegistryError, match="locked"):
            open_client()
    finally:
        holder.rollback()
        holder.close()


def test_several_threads_open_one_new_database(tracking_uri, tmp_path: Path) -> None:
    tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    open_client()
    errors: list[Exception] = []

    def use() -> None:
        try:
            open_client().search_experiments()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sqlite:////data/mlflow.db", Path("/data/mlflow.db")),
        ("sqlite:///mlflow.db", Path.cwd() / "mlflow.db"),
        ("sqlite://", None),
        ("http://127.0.0.1:5000", None),
        ("postgresql://user@host/mlflow", None),
    ],
)
def test_database_file_is_read_from_the_address(uri: str, expected: Path | None) -> None:
    assert sqlite_file(uri) == expected
