"""The model of a run whose gate is open: as a graph, in the registry, and served."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import httpx
import numpy as np
import onnxruntime
import pytest

from medimage.serving.preprocessing import decode_image, resize_image
from tests.support.commands import Finished
from tests.support.images import encode, textured
from tests.support.passed_run import STEPS
from tests.support.processes import free_port, running_server

pytestmark = pytest.mark.end_to_end


def test_the_exported_graph_answers_alone(first: Finished) -> None:
    session = onnxruntime.InferenceSession(first.summary["onnx"])
    (image,) = session.get_inputs()
    batch = np.zeros((3, 32, 32, 1), dtype=np.uint8)
    probabilities = session.run(["probabilities"], {image.name: batch})[0]
    assert np.asarray(probabilities).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_registered_version_stands_in_zenml_with_what_the_run_gave(first: Finished, home: Path) -> None:
    (file,) = home.rglob("zenml.db")
    with closing(sqlite3.connect(file)) as database:
        (model,) = database.execute("SELECT id FROM model WHERE name = ?", (first.summary["model"]["name"],)).fetchone()
        versions = database.execute(
            "SELECT name, stage FROM model_version WHERE model_id = ? ORDER BY number", (model,)
        ).fetchall()
        (artifacts,) = database.execute("SELECT COUNT(*) FROM model_versions_artifacts").fetchone()
    assert versions[0][0].startswith("1.0.0+")
    assert [stage for _, stage in versions].count("production") == 1
    assert artifacts >= len(STEPS)


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
