"""The quickstart on a stand-in for a cluster, from images to a Bento that answers, with steps killed on the way."""

import json
import sys
import time
from pathlib import Path

import httpx
import mlflow
import pytest

from tests.conftest import PROJECT
from tests.support.clusters import StoodInCluster
from tests.support.commands import OPEN_GATE, TINY
from tests.support.images import encode, textured
from tests.support.kubernetes_pods import Fault
from tests.support.processes import free_port, running_server

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(1800)]

SIX_EPOCHS = ("--training.stage2.epochs", "6")


def test_the_quickstart_ends_with_one_registered_version_and_a_bento_that_answers(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    registry = mlflow.MlflowClient(tracking_uri=cluster.mlflow, registry_uri=cluster.mlflow)

    def in_an_epoch(log: str) -> bool:
        return "stage 2 epoch 3/" in log

    def registered(_log: str) -> bool:
        time.sleep(0.2)
        # The version is there, and the step has not told ZenML of it.
        return any(model.latest_versions for model in registry.search_registered_models())

    cluster.fail({"train_stage2": Fault(kill=in_an_epoch, reason="OOMKilled"), "promote_model": Fault(kill=registered)})
    summary_file = tmp_path / "summary.json"
    run = cluster.run("pipelines.train_pipeline", *TINY, *OPEN_GATE, *SIX_EPOCHS, "--summary", str(summary_file))
    assert run.returncode == 0, f"{run.stderr}\n{run.stdout[-3000:]}"
    assert cluster.cluster.invalid == []
    assert [len(cluster.pods(step)) for step in ("train_stage1", "train_stage2", "promote_model")] == [1, 2, 2]

    summary = json.loads(summary_file.read_text())
    name = summary["model"]["name"]
    assert [version.version for version in registry.search_model_versions(f"name='{name}'")] == ["1"]
    assert "goes on after epoch" in _log_of(cluster, "train-train-stage2", place=1)

    port = free_port()
    with running_server(
        [sys.executable, "-m", "bentoml", "serve", summary["bento"], "--host", "127.0.0.1", "--port", str(port)],
        address=f"http://127.0.0.1:{port}",
        ready="/readyz",
        cwd=PROJECT,
        environment={
            "BENTOML_HOME": str(cluster.folder / "client" / "bentoml"),
            "BENTOML_DO_NOT_TRACK": "True",
            "MEDIMAGE_PREDICTION_LOG": str(tmp_path / "log"),
        },
        log=tmp_path / "serve.log",
    ):
        answer = httpx.post(
            f"http://127.0.0.1:{port}/predict", files={"image": ("x.png", encode(textured(5, size=100)))}, timeout=60
        )
    assert answer.status_code == 200, answer.text


def _log_of(cluster: StoodInCluster, step: str, *, place: int) -> str:
    """Returns what one of the pods of a pipeline's step has told, the first begun coming first."""
    logs = sorted((cluster.folder / "pods").glob(f"*{step}*/log"), key=lambda path: path.stat().st_ctime)
    return logs[place].read_text()
