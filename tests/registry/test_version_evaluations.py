import json
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from medimage.errors import RegistryError
from medimage.registry.find_models import find_models
from medimage.registry.model_registry import register_model
from medimage.registry.version_evaluations import VersionEvaluation, link_evaluation
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage

NAME = "lung-brightness"


def evaluation(*, data_hash: str = "d" * 64, run_id: str = "run-1", accuracy: float = 0.9) -> VersionEvaluation:
    return VersionEvaluation(
        run_id=run_id, data_hash=data_hash, config_hash="c" * 64, part="all", images=120,
        gate=make_gate_report().to_dict(), metrics={"accuracy": {"value": accuracy}},
    )  # fmt: skip


@pytest.mark.usefixtures("database")
def test_every_evaluation_stays_beside_the_others_and_the_same_one_is_written_once() -> None:
    register_model(
        exported=make_exported(), card=make_card(), gate_report=make_gate_report(), lineage=make_lineage(), name=NAME,
        experiment="lung",
    )  # fmt: skip
    (model,) = find_models([f"{NAME}@champion"])
    client = MlflowClient()
    before = dict(client.get_model_version(NAME, "1").tags)
    for each in (evaluation(), evaluation(data_hash="e" * 64, run_id="run-2", accuracy=0.7), evaluation()):
        link_evaluation(model, each, report="<html>")
    version = client.get_model_version(NAME, "1")
    key = f"evaluation.all-{'d' * 12}-{'c' * 12}"
    assert {name: version.tags[name] for name in before} == before
    assert version.tags[f"{key}.verdict"] == "PASS"
    assert version.tags[f"{key}.accuracy"] == "0.9000"
    assert version.tags[f"evaluation.all-{'e' * 12}-{'c' * 12}.run_id"] == "run-2"
    run_id = str(version.run_id)
    folders = [file.path for file in client.list_artifacts(run_id, f"evaluations/{NAME}-1")]
    assert len(folders) == 2
    stored = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=f"{folders[0]}/evaluation.json")
    assert json.loads(Path(stored).read_text())["images"] == 120


@pytest.mark.usefixtures("database")
def test_a_version_that_was_deleted_since_is_one_sentence() -> None:
    register_model(
        exported=make_exported(), card=make_card(), gate_report=make_gate_report(), lineage=make_lineage(), name=NAME,
        experiment="lung",
    )  # fmt: skip
    (model,) = find_models(["all"])
    MlflowClient().delete_model_version(NAME, "1")
    with pytest.raises(RegistryError, match="lung-brightness version 1 cannot be written to the registry"):
        link_evaluation(model, evaluation(), report="<html>")
