import pytest

from pipelines.next_commands import next_commands

TITLE = "Look at metrics and models in MLflow"


@pytest.mark.parametrize(
    ("tracking", "told"),
    [
        ("http://anna:pa55@mlflow.example:5000", "http://mlflow.example:5000"),
        ("https://mlflow.example", "https://mlflow.example"),
    ],
)
def test_a_server_is_told_by_its_address_and_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tracking: str, told: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking)
    assert dict(next_commands(bento_tag=None))[TITLE] == told


def test_a_database_with_a_password_is_told_by_the_variable_that_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://anna:pa55@db/mlflow")
    assert dict(next_commands(bento_tag=None))[TITLE].endswith('ui --backend-store-uri "${MLFLOW_TRACKING_URI:?}"')


def test_the_files_of_a_run_can_be_verified_where_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example")
    told = dict(next_commands(bento_tag=None, folder=tmp_path / "a run"))
    assert told["Verify that the run's files are as it left them"].endswith(f"evidence verify '{tmp_path}/a run'")


def test_a_database_file_that_is_not_there_is_not_offered(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    assert TITLE not in dict(next_commands(bento_tag=None))
    (tmp_path / "mlflow.db").touch()
    assert f"sqlite:///{tmp_path}/mlflow.db" in dict(next_commands(bento_tag=None))[TITLE]
