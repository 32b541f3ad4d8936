"""A cross-validation whose gate is open, from generated images to a packaged ensemble, and what it refuses."""

import re
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from medimage.evidence.verification import verify
from tests.support.commands import OPEN_GATE, TINY, Finished, run_pipeline

# The README's command of a cross-validation is run by its own test in every round of continuous integration.
pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

FOLDS = (*TINY, *OPEN_GATE, "--split.folds", "2", "--explanation.images_per_class", "1")
ENSEMBLE = ("--cross_validation.ensemble", "true")
OF_A_FOLD = (
    "compute_normalization",
    "train_stage1",
    "train_stage2",
    "evaluate_model",
    "explain_model",
    "record_training",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home: Path) -> Finished:
    finished = run_pipeline("cross_validation_pipeline", home, *FOLDS, *ENSEMBLE)
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished


def test_every_fold_is_trained_judged_and_told(first: Finished) -> None:
    summary, statuses = first.summary, first.statuses()
    assert set(statuses.values()) == {"completed"}
    assert {f"{step}-fold_{fold}" for step in (*OF_A_FOLD, "split_dataset") for fold in range(2)} <= set(statuses)
    folds = summary["folds"]
    assert [fold["fold"] for fold in folds] == [0, 1]
    assert sum(fold["images"] for fold in folds) == summary["metrics"]["accuracy"]["n"] == 5 * 12 * 2
    accuracies = [fold["accuracy"]["value"] for fold in folds]
    assert summary["over_folds"]["accuracy"]["mean"] == pytest.approx(np.mean(accuracies))
    assert summary["over_folds"]["accuracy"]["sd"] == pytest.approx(np.std(accuracies, ddof=1))
    weighted = np.average(accuracies, weights=[fold["images"] for fold in folds])
    assert summary["metrics"]["accuracy"]["value"] == pytest.approx(weighted)
    assert 0 <= summary["mean_confidence"] <= 1
    assert summary["verdict"] == "PASS"


def test_the_ensemble_is_one_graph_and_a_challenger(first: Finished) -> None:
    summary = first.summary
    assert summary["model"]["aliases"] == ["challenger"]
    assert summary["bento"].startswith("medimage-quickstart:")
    session = onnxruntime.InferenceSession(summary["onnx"])
    images = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 1), dtype=np.uint8)
    (probabilities,) = session.run(["probabilities"], {session.get_inputs()[0].name: images})
    assert np.asarray(probabilities).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_report_tells_the_folds_and_needs_no_other_file(first: Finished) -> None:
    page = Path(first.summary["report"]).read_text()
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|#)[^\"']+", page)
    for text in ("The folds", "mean ± sd", "pooled", "judged on no unseen image", "fold 1"):
        assert text in page
    assert len(page) < 5_000_000


def test_the_evidence_binds_the_weights_of_every_fold(first: Finished) -> None:
    verification = verify(Path(first.summary["report"]).parent)
    assert not verification.wrong
    evidence = verification.evidence
    assert evidence.claims["split_sha256"] == first.summary["data_hash"]
    assert [file.role for file in evidence.elsewhere] == ["weights", "weights"]
    assert {"card", "dossier", "report", "onnx", "sbom"} <= {file.role for file in evidence.files}


def test_each_fold_is_a_finished_run_below_the_whole_in_mlflow(first: Finished, home: Path) -> None:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{home}/mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("quickstart")
    assert experiment is not None
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    (whole,) = (name for name in runs if "-fold_" not in name)
    for fold, told in enumerate(first.summary["folds"]):
        run = runs[f"{whole}-fold_{fold}"]
        assert run.info.status == "FINISHED"
        assert run.data.tags["mlflow.parentRunId"] == runs[whole].info.run_id
        assert run.data.metrics["test.accuracy.value"] == pytest.approx(told["accuracy"]["value"])
        assert len(client.get_metric_history(run.info.run_id, "epoch.train_loss")) == 3


def test_the_second_run_runs_nothing_again(first: Finished, home: Path) -> None:
    second = run_pipeline("cross_validation_pipeline", home, *FOLDS, *ENSEMBLE)
    assert (second.exit_code, second.rerun()) == (0, set())
    for key in ("config_hash", "data_hash", "verdict", "metrics", "folds", "over_folds", "model", "bento"):
        assert second.summary[key] == first.summary[key]


@pytest.mark.proof
def test_more_folds_than_groups_of_a_class_are_refused_before_any_training(first: Finished, home: Path) -> None:
    assert first.exit_code == 0
    finished = run_pipeline("cross_validation_pipeline", home, *TINY, "--split.folds", "13")
    assert finished.exit_code == 1
    assert "at least 13 groups" in finished.errors
    assert "set split.folds to fewer" in finished.errors
    assert "Traceback" not in finished.errors
    assert not {name for name in finished.summary["steps"] if name.startswith("train")}
    assert finished.summary["error"] in finished.errors


def test_a_configuration_without_folds_is_refused_before_anything_runs(tmp_path: Path) -> None:
    finished = run_pipeline("cross_validation_pipeline", tmp_path / "home", *TINY)
    assert finished.exit_code == 2
    assert "split.folds" in finished.errors
    assert not (tmp_path / "home" / "zenml").exists()
    assert finished.summary == {}
