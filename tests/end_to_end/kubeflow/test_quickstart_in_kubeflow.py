"""The quickstart in a stand-in for Kubeflow, from images to a Bento, with a training that is killed on the way."""

import json
from pathlib import Path

import mlflow
import pytest
import yaml

from tests.support.clusters import mlflow_server
from tests.support.commands import OPEN_GATE, TINY
from tests.support.kubeflow_stack import StoodInKubeflow
from tests.support.kubernetes_pods import Fault

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(3600)]

SIX_EPOCHS = ("--training.stage2.epochs", "6")


def test_the_quickstart_ends_with_one_registered_version_and_a_bento(stood_in: StoodInKubeflow, tmp_path: Path) -> None:
    with mlflow_server(tmp_path / "mlflow") as tracking:
        definition = tmp_path / "stack.yaml"
        values = yaml.safe_load(stood_in.definition.read_text())
        definition.write_text(yaml.safe_dump({**values, "tracking": {"uri": tracking}}))
        registered = stood_in.run("pipelines.register_stack", "--stack", str(definition))
        assert "stack test-kubeflow: updated" in registered.stdout, registered.stderr

        stood_in.kubeflow.fail({"train_stage2": Fault(kill=lambda log: "stage 2 epoch 3/" in log, reason="OOMKilled")})
        summary_file = tmp_path / "summary.json"
        run = stood_in.run("pipelines.train_pipeline", *TINY, *OPEN_GATE, *SIX_EPOCHS, "--summary", str(summary_file))
        assert run.returncode == 0, f"{run.stderr}\n{run.stdout[-3000:]}"
        assert stood_in.kubeflow.invalid == []
        ran = stood_in.kubeflow.last
        assert ran.state == "SUCCEEDED"
        assert ran.pods == dict.fromkeys(ran.pods, 1) | {"train_stage2": 2}
        log = ran.folder / "train_stage2-1" / "log"
        assert "goes on after epoch" in log.read_text()

        summary = json.loads(summary_file.read_text())
        assert set(ran.pods) == set(summary["steps"])
        assert summary["bento"]
        registry = mlflow.MlflowClient(tracking_uri=tracking, registry_uri=tracking)
        name = summary["model"]["name"]
        assert [version.version for version in registry.search_model_versions(f"name='{name}'")] == ["1"]
