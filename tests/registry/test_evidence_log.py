"""Evidence in MLflow."""

from pathlib import Path

import mlflow
import pytest

from medimage.evidence.binding import bind_folder
from medimage.evidence.evidence_file import read_evidence, write_evidence
from medimage.evidence.manifest import Evidence
from medimage.registry.evidence_log import CLAIMS_TAG, RUN_FOLDER, log_evidence
from medimage.registry.model_files import read_stored_card
from medimage.registry.model_registry import register_model
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.runs import find_or_create_run
from medimage.registry.tracking_server import open_client
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def registered() -> RegisteredVersion:
    return register_model(
        exported=make_exported(),
        card=make_card(),
        gate_report=make_gate_report(),
        lineage=make_lineage(),
        name="m",
        experiment="lung",
    ).version


def evidence_of(folder: Path, verdict: str) -> Path:
    folder.mkdir()
    return write_evidence(folder, Evidence(claims={"verdict": verdict}, packages={}, files=()))


def test_a_registered_model_has_its_evidence_beside_its_card(registered: RegisteredVersion, tmp_path: Path) -> None:
    path = evidence_of(tmp_path / "run", "PASS")
    log_evidence(path, experiment="lung", run_id="run-1", registered=registered)
    stored = Path(mlflow.artifacts.download_artifacts(f"models:/m/{registered.version}", dst_path=str(tmp_path / "m")))
    assert {"card.json", "evidence.json", "model.onnx"} <= {file.name for file in stored.iterdir()}
    assert (stored / "evidence.json").read_bytes() == path.read_bytes()
    tags = open_client().get_model_version("m", str(registered.version)).tags
    assert tags[CLAIMS_TAG] == read_evidence(path).evidence.claims_sha256


def test_the_whole_card_and_the_gate_report_go_with_the_evidence(registered: RegisteredVersion, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("card.json", "gate.json", "report.html"):
        (folder / name).write_text(name)
    path = bind_folder(
        folder,
        roles={"card.json": "card", "gate.json": "gate", "report.html": "report"},
        claims={"verdict": "PASS"},
        packages={},
        circumstances={},
    )
    log_evidence(path, experiment="lung", run_id="run-1", registered=registered)
    stored = Path(mlflow.artifacts.download_artifacts(f"models:/m/{registered.version}", dst_path=str(tmp_path / "m")))
    assert {file.name: file.read_text() for file in (stored / RUN_FOLDER).iterdir()} == {
        "card.json": "card.json",
        "gate.json": "gate.json",
    }
    # The card that is served stays the registry's own.
    assert read_stored_card(registered.uri).version == registered.semantic_version


def test_a_version_keeps_the_evidence_of_the_run_that_registered_it(
    registered: RegisteredVersion, tmp_path: Path
) -> None:
    first, second = evidence_of(tmp_path / "1", "PASS"), evidence_of(tmp_path / "2", "FAIL")
    for path in (first, second):
        log_evidence(path, experiment="lung", run_id="run-1", registered=registered)
    stored = Path(mlflow.artifacts.download_artifacts(f"models:/m/{registered.version}", dst_path=str(tmp_path / "m")))
    assert (stored / "evidence.json").read_bytes() == first.read_bytes()


def test_a_run_that_registered_nothing_has_it_in_its_own_run(tmp_path: Path) -> None:
    client = open_client()
    run = find_or_create_run(client, experiment="lung", run_id="run-1")
    log_evidence(evidence_of(tmp_path / "1", "FAIL"), experiment="lung", run_id="run-1", registered=None)
    assert [file.path for file in client.list_artifacts(run)] == ["evidence.json"]
    # One that took everything from the cache has no run in MLflow, and gets none.
    log_evidence(evidence_of(tmp_path / "2", "FAIL"), experiment="lung", run_id="run-2", registered=None)
    experiment = client.get_experiment_by_name("lung")
    assert experiment is not None
    assert len(client.search_runs([experiment.experiment_id])) == 1


def test_a_server_that_is_away_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mlflow.set_tracking_uri("http://127.0.0.1:1")
    log_evidence(evidence_of(tmp_path / "1", "FAIL"), experiment="lung", run_id="run-1", registered=None)
    assert "MLflow is not available" in caplog.text
