"""Registered models on images of another source, on their own, and beside one of another problem."""

import json
from pathlib import Path

import mlflow
import pytest

from medimage.registry.model_registry import register_model
from tests.support.commands import OPEN_GATE, TINY, Finished, run_pipeline, train
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

ELSEWHERE = ("--data.synthetic.seed", "5")
NAME = "quickstart-test_resnet"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def trained(home: Path) -> Finished:
    finished = train(home, *TINY, *OPEN_GATE)
    assert finished.exit_code == 0, finished.errors[-3000:]
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{home}/mlflow/mlflow.db")
    register_model(
        exported=make_exported(), card=make_card(), gate_report=make_gate_report(), lineage=make_lineage(),
        name="brightness", experiment="another problem",
    )  # fmt: skip
    mlflow.set_tracking_uri(previous)
    return finished


def evaluate(home: Path, *arguments: str) -> Finished:
    return run_pipeline("evaluation_pipeline", home, *TINY, *OPEN_GATE, *arguments)


@pytest.fixture(scope="module")
def found(trained: Finished, home: Path) -> Finished:
    assert trained.exit_code == 0
    finished = evaluate(home, *ELSEWHERE, "--models", f"{NAME}@champion")
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished


def test_every_image_of_another_source_counts(found: Finished) -> None:
    assert found.summary["model"] == {"name": NAME, "version": 1, "aliases": ["champion"]}
    assert found.summary["images"] == {"offered": 120, "common": 120}
    assert found.summary["metrics"]["accuracy"]["n"] == 120
    assert {each["name"] for each in found.summary["criteria"]}.isdisjoint({"imbalance_ratio", "crossing_groups"})
    report = Path(found.summary["report"])
    assert "every usable image of the source" in report.read_text()
    assert "Subgroups by origin" in report.read_text()
    assert {path.name for path in report.parent.iterdir()} >= {"evidence.json", "predictions.parquet", "sbom.json"}


def test_the_version_keeps_what_was_found(found: Finished, home: Path) -> None:
    client = mlflow.MlflowClient(f"sqlite:///{home}/mlflow/mlflow.db", f"sqlite:///{home}/mlflow/mlflow.db")
    version = client.get_model_version(NAME, "1")
    key = f"evaluation.all-{found.summary['data_hash'][:12]}-{found.summary['config_hash'][:12]}"
    assert version.tags[f"{key}.verdict"] == "PASS"
    assert version.tags[f"{key}.data_hash"] == found.summary["data_hash"]
    folder = f"evaluations/{NAME}-1/{key.removeprefix('evaluation.')}"
    stored = client.download_artifacts(str(version.run_id), f"{folder}/evaluation.json")
    assert json.loads(Path(stored).read_text())["metrics"] == found.summary["metrics"]


def test_the_same_evaluation_again_runs_nothing(found: Finished, home: Path) -> None:
    again = evaluate(home, *ELSEWHERE, "--models", f"{NAME}/1")
    assert again.exit_code == 0
    assert again.rerun() == set()
    assert again.summary["ranking"] == found.summary["ranking"]


def test_on_its_own_source_only_what_it_has_not_seen_counts(trained: Finished, home: Path) -> None:
    found = evaluate(home, "--models", f"{NAME}@champion")
    assert found.exit_code == 0, found.errors[-3000:]
    assert found.summary["ranking"][0]["left_out"] == 80
    assert found.summary["metrics"]["accuracy"] == trained.summary["metrics"]["accuracy"]
    locked = evaluate(home, "--models", f"{NAME}@champion", "--images", "test")
    assert locked.exit_code == 0, locked.errors[-3000:]
    assert locked.summary["data_hash"] == trained.summary["data_hash"]
    assert locked.summary["ranking"][0]["left_out"] == 0
    assert locked.summary["metrics"]["accuracy"] == trained.summary["metrics"]["accuracy"]


def test_of_all_models_those_of_another_problem_are_left_out_and_told(trained: Finished, home: Path) -> None:
    assert trained.exit_code == 0
    found = evaluate(home, *ELSEWHERE, "--models", "all", "--gate.accuracy", "1", "--gate.subgroup_gap", "fail")
    assert found.exit_code == 3, found.errors[-3000:]
    assert found.summary["recommendation"]["name"] is None
    assert "subgroup_gaps" in {each["name"] for each in found.summary["criteria"]}
    assert list(found.summary["failures"]) == ["brightness version 1"]
    assert "bright, dark and other|one" in found.summary["failures"]["brightness version 1"]
    assert "brightness version 1 is left out" in found.output
    alone = evaluate(home, *ELSEWHERE, "--models", "brightness@champion")
    assert alone.exit_code == 1
    assert "bright, dark and other|one" in alone.errors
    assert "covid" in alone.errors
    assert "Traceback" not in alone.errors
