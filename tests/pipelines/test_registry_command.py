"""`medimage registry` as a person and a script use it, with a database and with a server."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from medimage.errors import MedimageError
from medimage.registry.find_models import find_version_called
from medimage.registry.version_evaluations import VersionEvaluation, link_evaluation
from pipelines.registry import run
from pipelines.registry_arguments import read_arguments
from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.exported import make_gate_report
from tests.support.processes import free_port, running_server
from tests.support.registered import NAME, aliases, register_brightness

Answer = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a command ended."""

    code: int
    output: str
    errors: str


Registry = Callable[..., Told]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a champion, the one before it, and a challenger that was compared with the champion."""
    file = tmp_path_factory.mktemp("registry") / "mlflow.db"
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{file}")
    try:
        register_brightness(1)
        register_brightness(2, compared_with=1)
        register_brightness(3, alias="challenger", compared_with=2)
        evaluation = VersionEvaluation(
            run_id="evaluation-1", data_hash="d" * 64, config_hash="c" * 64, part="all", images=120,
            gate=make_gate_report().to_dict(), metrics={"accuracy": {"value": 0.8125}},
        )  # fmt: skip
        link_evaluation(find_version_called(f"{NAME}/1"), evaluation, report="<html>")
    finally:
        mlflow.set_tracking_uri(previous)
    return file


@pytest.fixture
def own(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A copy of that database that a test may change, with the files shared, and without a ZenML."""
    file = tmp_path / "mlflow.db"
    shutil.copyfile(filled, file)
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(tmp_path / "zenml"))
    monkeypatch.delenv("ZENML_LOCAL_STORES_PATH", raising=False)
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{file}")
    yield mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(previous)


@pytest.fixture
def registry(own: str, capsys: pytest.CaptureFixture[str]) -> Registry:
    """Calls the command as its module does."""
    assert own

    def call(*arguments: str) -> Told:
        try:
            code, errors = run(read_arguments(arguments)), ""
        except MedimageError as error:
            code, errors = error.exit_code, str(error)
        return Told(code=code, output=capsys.readouterr().out, errors=errors)

    return call


@pytest.fixture
def answer(registry: Registry, tmp_path: Path) -> Answer:
    """Calls the command and reads its summary."""

    def call(*arguments: str) -> Any:
        file = tmp_path / "answer.json"
        told = registry(*arguments, "--summary", str(file))
        assert told.code == 0, told.errors
        return json.loads(file.read_text())

    return call


def as_a_user(home: Path, uri: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from medimage.command_line import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "registry", *arguments],
        cwd=PROJECT,
        env=environment(home, MLFLOW_TRACKING_URI=uri, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_list_has_every_version_with_its_aliases_and_verdict(registry: Registry, answer: Answer) -> None:
    (model,) = answer("list")
    assert model["name"] == NAME
    assert model["description"] == "Chest X-ray in three classes, for tests."
    told = [(each["version"], each["semantic_version"], each["aliases"], each["verdict"]) for each in model["versions"]]
    assert told == [
        (3, "1.0.2", ["challenger"], "PASS"),
        (2, "1.0.1", ["champion"], "PASS"),
        (1, "1.0.0", ["previous"], "PASS"),
    ]
    shown = registry("list", NAME)
    for word in (NAME, "1.0.2", "challenger", "PASS", model["versions"][0]["registered"]):
        assert word in shown.output


def test_a_version_is_shown_with_all_that_a_decision_needs(registry: Registry, answer: Answer) -> None:
    shown = answer("show", f"{NAME}/1")
    assert (shown["version"], shown["semantic_version"], shown["aliases"]) == (1, "1.0.0", ["previous"])
    assert shown["card"]["metrics"]["accuracy"] == {"value": 0.93, "low": 0.88, "high": 0.96, "n": 200}
    assert (shown["verdict"], shown["unmet_criteria"], shown["warnings"]) == ("PASS", [], [])
    lineage = shown["lineage"]
    assert [lineage[name] for name in ("run_id", "config_hash", "data_hash", "evidence_hash")] == [
        "run-1", "c1", "d1", "e1",
    ]  # fmt: skip
    (evaluation,) = shown["evaluations"]
    assert (evaluation["accuracy"], evaluation["images"], evaluation["run_id"]) == ("0.8125", "120", "evaluation-1")
    assert {"model.onnx", "card.json", "card.md", "gate_report.json", "MLmodel"} <= {
        file["name"] for file in shown["files"]
    }
    assert [(each["before"], each["after"]) for each in shown["history"]] == [(None, 1), (1, 2)]
    text = registry("show", f"{NAME}/1").output
    for told in ("0.930", "0.880 to 0.960", "1 of 1 criteria are met", "0.8125", "run-1", "model.onnx", "not known"):
        assert told in text


def test_of_a_name_alone_the_champion_is_shown(answer: Answer) -> None:
    assert answer("show", NAME)["version"] == 2
    assert answer("show", f"{NAME}@challenger")["lineage"]["compared_with"] == "2"


def test_what_does_not_fit_together_is_a_warning(registry: Registry, answer: Answer) -> None:
    client = MlflowClient()
    client.set_model_version_tag(NAME, "1", "gate_verdict", "FAIL")
    client.set_model_version_tag(NAME, "1", "data_hash", "another")
    client.set_registered_model_alias(NAME, "champion", "1")
    warnings = " ".join(answer("show", f"{NAME}/1")["warnings"])
    for told in (
        "its tag gate_verdict says FAIL",
        "its tag data_hash is not",
        "version 2 is the champion, but version 1",
    ):
        assert told in warnings
    assert "Warning: its tag gate_verdict" in registry("show", f"{NAME}/1").output


def test_promotion_and_rollbacks_are_told_and_a_last_one_is_refused(registry: Registry, answer: Answer) -> None:
    promoted = registry("promote", f"{NAME}@challenger", "--by", "anna", "--reason", "better")
    assert promoted.code == 0, promoted.errors
    assert f"{NAME} version 3 is the champion now; before it was version 2" in promoted.output
    again = answer("promote", f"{NAME}/3")
    assert (again["champion"], again["changed"], again["change"]) == (3, False, None)
    for champion, previous in ((2, 1), (1, None)):
        rolled = answer("rollback", NAME, "--by", "anna")
        assert (rolled["champion"], rolled["previous"], rolled["change"]["by"]) == (champion, previous, "anna")
    refused = registry("rollback", NAME)
    assert refused.code == 1
    assert "none is known" in refused.errors
    history = answer("show", f"{NAME}/2")["history"]
    assert [(each["action"], each["before"], each["after"]) for each in history] == [
        ("registered", 1, 2), ("promoted", 2, 3), ("rolled back", 3, 2), ("rolled back", 2, 1),
    ]  # fmt: skip
    assert history[1]["reason"] == "better"


def test_without_a_passed_gate_only_force_with_name_and_reason_promotes(registry: Registry, answer: Answer) -> None:
    MlflowClient().set_model_version_tag(NAME, "3", "gate_verdict", "FAIL")
    called = ("promote", f"{NAME}@challenger")
    refused = registry(*called)
    assert refused.code == 3
    assert "--force --reason TEXT --by NAME" in refused.errors
    for wrong in (("--force",), ("--force", "--by", "anna"), ("--force", "--reason", "needed")):
        assert registry(*called, *wrong).code == 2
    forced = registry(*called, "--force", "--by", "anna", "--reason", "needed")
    assert forced.code == 0, forced.errors
    assert "Forced by anna, although its tag gate_verdict says FAIL" in forced.output
    (last,) = [each for each in answer("show", NAME)["history"] if each["forced"]]
    assert (last["by"], last["reason"], last["after"]) == ("anna", "needed", 3)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "lung-brightnes"), f"did you mean {NAME}?"),
        (("list", "brain"), f"there are {NAME}"),
        (("show", f"{NAME}@champ"), "did you mean champion?"),
        (("promote", f"{NAME}/9"), "no such version; its versions: 1, 2 and 3"),
        (("promote", NAME), "expected NAME@challenger or NAME/VERSION"),
        (("show", f"{NAME}/x"), "expected NAME, NAME@ALIAS or NAME/VERSION"),
        (("rollback", f"{NAME}@champion"), "there is no registered model"),
        (("list", "--summary", "/nowhere/answer.json"), "--summary: cannot write"),
    ],
)
def test_a_wrong_command_is_one_paragraph(arguments: tuple[str, ...], told: str, registry: Registry) -> None:
    refused = registry(*arguments)
    assert refused.code == 2
    assert told in refused.errors


def test_an_empty_registry_is_no_error_and_makes_no_database(registry: Registry, tmp_path: Path) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/none.db")
    told = registry("list")
    assert told.code == 0
    assert "No model is registered" in told.output
    assert not (tmp_path / "none.db").exists()
    assert registry("rollback", NAME).code == 2


def test_a_user_gets_tables_on_the_one_stream_and_errors_on_the_other(own: str, tmp_path: Path) -> None:
    shown = as_a_user(tmp_path, own, "list")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "challenger" in shown.stdout
    address = f"http://127.0.0.1:{free_port()}"
    away = as_a_user(tmp_path, address, "promote", f"{NAME}/1")
    assert away.returncode == 1
    assert f"Expected an MLflow server at {address}" in away.stderr
    assert "Traceback" not in away.stderr


@pytest.mark.usefixtures("own")
@pytest.mark.proof
def test_a_registry_on_a_server_is_changed_as_one_in_a_file(answer: Answer, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    store = tmp_path / "server"
    store.mkdir()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{store}/mlflow.db", "--artifacts-destination", str(store / "files")),
    ]

    environment = {"MLFLOW_DISABLE_TELEMETRY": "true"}
    mlflow.set_tracking_uri(address)
    with running_server(
        command, address=address, ready="/health", cwd=store, environment=environment, log=tmp_path / "log"
    ):
        register_brightness(1)
        register_brightness(2, alias="challenger", compared_with=1)
        assert answer("promote", f"{NAME}@challenger", "--by", "anna")["champion"] == 2
        assert aliases() == {"champion": 2, "previous": 1}
        history = answer("show", NAME)["history"]
        assert [(each["by"], each["before"], each["after"]) for each in history] == [("anna", 1, 2)]
        assert answer("rollback", NAME)["champion"] == 1
        assert aliases() == {"champion": 1}
