"""A run whose gate is open, from generated images to a served prediction, and what a second run does."""

import csv
import io
import json
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import httpx
import numpy as np
import onnxruntime
import pytest

from medimage.evidence.check import Result
from medimage.evidence.evidence_file import read_evidence
from medimage.evidence.verification import verify
from medimage.serving.preprocessing import decode_image, resize_image
from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY, Finished, train
from tests.support.images import encode, textured
from tests.support.processes import free_port, running_server

pytestmark = pytest.mark.end_to_end

STEPS = [
    "download_dataset",
    "validate_dataset",
    "split_dataset",
    "prepare_pixels",
    "audit_shortcuts",
    "compute_normalization",
    "train_stage1",
    "train_stage2",
    "evaluate_model",
    "explain_model",
    "compare_with_champion",
    "evaluate_subgroups",
    "medical_validation_gate",
    "write_report",
    "export_onnx",
    "report_formats",
    "measure_reference",
    "promote_model",
    "package_bento",
    "link_model_version",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home: Path) -> Finished:
    finished = train(home, *TINY, *OPEN_GATE)
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished


def test_every_step_completes_and_the_summary_says_what_came_of_it(first: Finished) -> None:
    summary = first.summary
    assert first.statuses() == dict.fromkeys(STEPS, "completed")
    assert summary["verdict"] == "PASS"
    assert set(summary["criteria"][0]) >= {"name", "scope", "estimate", "low", "high", "n", "threshold", "verdict"}
    for name in ("accuracy", "balanced_accuracy", "auroc", "ece"):
        assert set(summary["metrics"][name]) >= {"value", "low", "high", "n"}
    points = summary["decisions"]["rules"]["operating_points"]
    assert points.keys() == summary["metrics"]["sensitivity"].keys()
    assert len(summary["metrics"]["sensitivity"]) == len(summary["metrics"]["specificity"]) == 5
    assert summary["model"]["name"].startswith("quickstart-")
    assert summary["model"]["aliases"] == ["champion"]


def test_the_scanners_of_the_phantoms_are_subgroups_without_being_asked_for(first: Finished) -> None:
    origin = first.summary["subgroups"]["columns"]["origin"]
    assert len(origin["levels"]) == 2
    assert sum(level["images"] for level in origin["levels"].values()) == origin["stated"] == origin["images"]
    assert '<h2 id="subgroups">Subgroups</h2>' in Path(first.summary["report"]).read_text()


def test_the_closing_words_name_the_verdict_the_report_and_commands(first: Finished) -> None:
    assert "Medical validation gate: PASS" in first.output
    assert first.summary["report"] in first.output
    for command in ("medimage dashboard", "mlflow ui --backend-store-uri", f"bentoml serve {first.summary['bento']}"):
        assert command in first.output


def test_there_is_a_line_for_every_epoch(first: Finished) -> None:
    epochs = re.findall(r"epoch\s+(\d)/(\d)", first.errors + first.output)
    assert {("1", "1"), ("1", "2"), ("2", "2")} <= set(epochs)


def test_every_tracker_has_every_epoch_and_mlflow_the_weights(first: Finished, home: Path) -> None:
    import mlflow
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = Path(first.summary["report"]).parent
    tables = [list(csv.DictReader((folder / f"stage{stage}.csv").read_text().splitlines())) for stage in (1, 2)]
    assert [[row["epoch"] for row in table] for table in tables] == [["1"], ["1", "2"]]
    losses = [float(row["train_loss"]) for table in tables for row in table]
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("auroc/validation")] == [1, 2, 3]
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{home}/mlflow/mlflow.db")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    (run,) = [run for run in client.search_runs(experiments) if run.info.run_name == folder.name]
    curve = client.get_metric_history(run.info.run_id, "epoch.train_loss")
    assert [point.step for point in curve] == [1, 2, 3]
    assert [point.value for point in curve] == pytest.approx(losses)
    assert run.data.params["config.training.stage1.epochs"] == "1"
    assert {Path(file.path).name for file in client.list_artifacts(run.info.run_id, "models")} == {
        "test_resnet-training_best_model.safetensors",
        "test_resnet-training_last_model.safetensors",
    }


def test_the_report_needs_no_other_file_and_no_network(first: Finished) -> None:
    page = Path(first.summary["report"]).read_text()
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|#)[^\"']+", page)
    assert "sensitivity of covid" in page
    assert len(page) < 5_000_000


def test_the_evidence_binds_every_file_of_the_run_and_its_model(first: Finished, home: Path) -> None:
    import mlflow

    folder = Path(first.summary["report"]).parent
    verification = verify(folder, code=PROJECT)
    assert not verification.wrong
    evidence = verification.evidence
    roles = {file.role for file in evidence.files}
    assert roles >= {
        "card",
        "dossier",
        "code",
        "configuration",
        "gate",
        "images",
        "metrics",
        "onnx",
        "predictions",
        "report",
        "sbom",
    }
    assert {file.name for file in evidence.logs} >= {"stage1.csv", "stage2.csv"}
    (weights,) = (check for check in verification.checks if check.role == "weights")
    assert weights.result is Result.SAME
    claims = evidence.claims
    assert (claims["verdict"], claims["model"]) == ("PASS", first.summary["model"]["name"])
    assert claims["configuration_sha256"] == first.summary["config_hash"]
    assert claims["split_sha256"] == first.summary["data_hash"]
    uri = f"sqlite:///{home}/mlflow/mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    version = client.get_model_version(first.summary["model"]["name"], str(first.summary["model"]["version"]))
    assert version.tags["evidence_claims_sha256"] == evidence.claims_sha256
    (folder / "gate.json").write_bytes((folder / "gate.json").read_bytes() + b"\n")
    assert [check.what for check in verify(folder).wrong] == ["gate.json"]


def test_the_exported_graph_answers_alone(first: Finished) -> None:
    session = onnxruntime.InferenceSession(first.summary["onnx"])
    (image,) = session.get_inputs()
    batch = np.zeros((3, 32, 32, 1), dtype=np.uint8)
    probabilities = session.run(["probabilities"], {image.name: batch})[0]
    assert np.asarray(probabilities).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_second_run_runs_nothing_again(first: Finished, home: Path) -> None:
    second = train(home, *TINY, *OPEN_GATE)
    assert second.exit_code == 0
    assert second.rerun() == set()
    for key in ("config_hash", "data_hash", "verdict", "metrics", "model", "bento"):
        assert second.summary[key] == first.summary[key]
    before, after = (read_evidence(Path(run.summary["report"]).with_name("evidence.json")) for run in (first, second))
    assert after.evidence.claims_sha256 == before.evidence.claims_sha256
    assert after.evidence.circumstances["run_name"] != before.evidence.circumstances["run_name"]


def test_the_registered_version_stands_in_zenml_with_what_the_run_gave(first: Finished, home: Path) -> None:
    (file,) = home.rglob("zenml.db")
    with closing(sqlite3.connect(file)) as database:
        name = database.execute("SELECT name FROM model").fetchone()
        versions = database.execute("SELECT name, stage FROM model_version ORDER BY number").fetchall()
        (artifacts,) = database.execute("SELECT COUNT(*) FROM model_versions_artifacts").fetchone()
    assert name == (first.summary["model"]["name"],)
    assert versions[0][0].startswith("1.0.0+")
    assert [stage for _, stage in versions].count("production") == 1
    assert artifacts >= len(STEPS)


@pytest.mark.proof
def test_a_cached_run_does_not_claim_an_alias_that_another_version_has_by_now(first: Finished, home: Path) -> None:
    other = train(home, *TINY, *OPEN_GATE, "--model.head", "medical")
    assert other.summary["model"]["version"] != first.summary["model"]["version"]
    assert other.summary["model"]["aliases"] == ["champion"]
    again = train(home, *TINY, *OPEN_GATE)
    assert again.rerun() == set()
    assert again.summary["model"]["version"] == first.summary["model"]["version"]
    assert again.summary["model"]["aliases"] == ["previous"]


def test_another_stage_2_learning_rate_runs_again_from_stage_2(first: Finished, home: Path) -> None:
    assert first.exit_code == 0
    changed = train(home, *TINY, *OPEN_GATE, "--training.stage2.learning_rate", "3e-3")
    linked = {"link_model_version"}
    assert changed.rerun() - linked == set(STEPS[STEPS.index("train_stage2") :]) - linked
    # Training this short may come to the same model, which is registered and linked already.
    is_new = changed.summary["model"]["version"] != first.summary["model"]["version"]
    assert (linked <= changed.rerun()) == is_new


@pytest.mark.proof
def test_a_new_finding_on_the_split_is_judged_and_told_and_nothing_is_trained_again(
    first: Finished, home: Path
) -> None:
    assert first.exit_code == 0
    expectations = "--data.audit.expectations"
    # So the margin matters to the division alone, and not to the audit.
    alike = (f"{expectations}.group_images", "1000", f"{expectations}.intensity_share", "1")
    before = train(home, *TINY, *OPEN_GATE, *alike)
    after = train(home, *TINY, *OPEN_GATE, *alike, f"{expectations}.intensity_margin", "0")
    # The model is registered and linked already.
    judged_and_told = STEPS[STEPS.index("medical_validation_gate") : STEPS.index("link_model_version")]
    assert after.rerun() == {"validate_dataset", "split_dataset", *judged_and_told}
    finding = "test images have other gray levels than the 70 training images"
    assert finding not in Path(before.summary["report"]).read_text()
    assert finding in Path(after.summary["report"]).read_text()
    assert after.summary["data_hash"] == before.summary["data_hash"]


def test_editing_helpers_runs_exactly_the_steps_again_that_use_them(
    first: Finished, home: Path, tmp_path: Path
) -> None:
    assert first.exit_code == 0
    copy = tmp_path / "project"
    for name in ("medimage", "steps", "pipelines", "materializers", "configs"):
        shutil.copytree(PROJECT / name, copy / name)
    gate = copy / "medimage" / "evaluation" / "gate" / "gate.py"
    gate.write_text(gate.read_text() + "\n# Another line.\n")
    grouping = copy / "medimage" / "data" / "audit" / "grouping.py"
    grouping.write_text(grouping.read_text() + "\n# Another line.\n")
    assert train(home, *TINY, *OPEN_GATE, project=copy).rerun() == {"validate_dataset", "medical_validation_gate"}


@pytest.mark.parametrize(
    ("name", "depending"),
    [
        pytest.param(
            "pylibjpeg-openjpeg", {"download_dataset", "validate_dataset", "prepare_pixels"}, marks=pytest.mark.proof
        ),
        pytest.param("great-expectations", {"validate_dataset"}, marks=pytest.mark.proof),
    ],
)
def test_another_version_of_a_library_runs_exactly_the_steps_again_that_depend_on_it(
    first: Finished, home: Path, tmp_path: Path, name: str, depending: set[str]
) -> None:
    assert first.exit_code == 0
    package = tmp_path / f"{name.replace('-', '_')}-99.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n")
    assert train(home, *TINY, *OPEN_GATE, PYTHONPATH=str(tmp_path)).rerun() == depending


def test_the_registered_model_can_be_loaded_and_its_run_holds_report_and_curves(first: Finished, home: Path) -> None:
    import mlflow

    uri = f"sqlite:///{home}/mlflow/mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    version = client.get_model_version(first.summary["model"]["name"], str(first.summary["model"]["version"]))
    run = client.get_run(str(version.run_id))
    assert run.info.status == "FINISHED"
    assert run.data.tags["gate_verdict"] == "PASS"
    assert run.data.metrics["test.accuracy.value"] == pytest.approx(first.summary["metrics"]["accuracy"]["value"])
    assert len(client.get_metric_history(run.info.run_id, "epoch.train_loss")) == 3
    assert "report.html" in {file.path for file in client.list_artifacts(run.info.run_id)}


def test_the_bento_answers_as_the_graph_does_and_refuses_what_is_no_image(
    first: Finished, home: Path, tmp_path: Path
) -> None:
    encoded = encode(textured(5, size=100))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running_server(
        [sys.executable, "-m", "bentoml", "serve", first.summary["bento"], "--host", "127.0.0.1", "--port", str(port)],
        address=address,
        ready="/readyz",
        cwd=tmp_path,
        environment={"BENTOML_HOME": str(home / "bentoml"), "BENTOML_DO_NOT_TRACK": "True"},
        log=tmp_path / "serve.log",
    ):
        answer = httpx.post(f"{address}/predict", files={"image": ("x.png", encoded, "image/png")}, timeout=60)
        refused = httpx.post(f"{address}/predict", files={"image": ("x.png", b"no image", "image/png")}, timeout=60)
    pixels = resize_image(decode_image(encoded, color_mode="gray"), size=32)
    session = onnxruntime.InferenceSession(first.summary["onnx"])
    expected = np.asarray(session.run(["probabilities"], {session.get_inputs()[0].name: pixels[None]})[0])[0]
    assert answer.status_code == 200
    assert list(answer.json()["probabilities"].values()) == pytest.approx(expected.tolist(), abs=1e-6)
    assert answer.json()["label"] == max(answer.json()["probabilities"], key=answer.json()["probabilities"].get)
    assert 400 <= refused.status_code < 500
    assert "Traceback" not in refused.text


def test_no_store_was_written_outside_the_workspace(first: Finished, home: Path) -> None:
    assert first.exit_code == 0
    assert {"zenml", "mlflow", "bentoml", "runs"} <= {path.name for path in home.iterdir()}
    assert not (PROJECT / "mlruns").exists()
    assert json.loads((home / "summary.json").read_text())
    assert io.BytesIO((home / "mlflow" / "mlflow.db").read_bytes()).read(15) == b"SQLite format 3"
