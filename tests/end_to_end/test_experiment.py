"""An experiment whose gate is open: candidates on one split, one that fails, and the promotion of the best."""

import re
from pathlib import Path

import pytest

from medimage.evidence.verification import verify
from tests.support.commands import OPEN_GATE, TINY, Finished, run_pipeline, train

# The README's command of an experiment is run by its own test in every round of continuous integration.
pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

CANDIDATES = """\
experiment:
  candidates:
    whole: {}
    head:
      training: {strategy: head_only}
    broken:
      training:
        precision: fp32
        stage2: {learning_rate: 1e30, backbone_learning_rate: 1e30}
    untried:
      training:
        batch_size: auto
        precision: fp32
        stage2: {learning_rate: 1e30, backbone_learning_rate: 1e30}
"""
BRANCHES = ("train_stage1", "train_stage2", "evaluate_model", "medical_validation_gate", "explain_candidate")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def arguments(home: Path) -> tuple[str, ...]:
    file = home / "candidates.yaml"
    file.write_text(CANDIDATES)
    return (*TINY, *OPEN_GATE, "--config", str(file), "--explanation.images_per_class", "1")


@pytest.fixture(scope="module")
def first(home: Path, arguments: tuple[str, ...]) -> Finished:
    finished = run_pipeline("experiment_pipeline", home, *arguments)
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished


def test_every_candidate_is_judged_on_the_same_images_and_one_that_fails_loses_no_other(first: Finished) -> None:
    summary, statuses = first.summary, first.statuses()
    for branch in ("whole", "head"):
        assert {statuses[f"{step}-{branch}"] for step in BRANCHES} == {"completed"}
    assert statuses["train_stage2-broken"] == "failed"
    assert "evaluate_model-broken" not in statuses
    assert {result["name"] for result in summary["ranking"]} == {"whole", "head"}
    assert {result["accuracy"]["n"] for result in summary["ranking"]} == {summary["metrics"]["accuracy"]["n"]}
    assert set(summary["failures"]) == {"broken", "untried"}
    verification = verify(Path(summary["report"]).parent)
    assert not verification.wrong
    claims = verification.evidence.claims
    assert {claims["verdict_of_head"], claims["verdict_of_whole"]} == {"PASS"}
    assert len([file for file in verification.evidence.elsewhere if file.role == "weights"]) == 2
    assert "learning rate" in summary["failures"]["broken"]
    # No batch size could be found for it, and no other step was begun.
    assert [statuses.pop(step) for step in list(statuses) if step.endswith("-untried")] == ["failed"]
    assert "training.batch_size is auto" in summary["failures"]["untried"]
    assert "Traceback" not in first.errors
    assert summary["judged_on_this_test_set"] in (1, 2)


def test_each_candidate_is_a_run_below_the_whole_in_mlflow_that_ended_as_it_did(first: Finished, home: Path) -> None:
    import mlflow

    assert first.exit_code == 0
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{home}/mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("quickstart")
    assert experiment is not None
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    (whole,) = (name for name in runs if name.count("-") == min(each.count("-") for each in runs))
    for name, status in (("whole", "FINISHED"), ("head", "FINISHED"), ("broken", "FAILED")):
        run = runs[f"{whole}-{name}"]
        assert run.info.status == status
        assert run.data.tags["mlflow.parentRunId"] == runs[whole].info.run_id


def test_a_candidate_that_passed_is_recommended_and_told_with_its_reason(first: Finished) -> None:
    recommendation = first.summary["recommendation"]
    assert recommendation["name"] in ("whole", "head")
    assert first.summary["candidate"] == recommendation["name"]
    assert first.summary["verdict"] == "PASS"
    assert f"Recommended: {recommendation['name']}" in first.output
    assert f"--experiment.candidate {recommendation['name']}" in first.output
    page = Path(first.summary["report"]).read_text()
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|#)[^\"']+", page)
    for text in ("Ranking", "image by image", "failed, not judged", "whole names", "head names", "Audit of the data"):
        assert text in page
    assert len(page) < 5_000_000


def test_the_recommended_candidate_is_promoted_from_the_cache(
    first: Finished, home: Path, arguments: tuple[str, ...]
) -> None:
    name = first.summary["recommendation"]["name"]
    promoted = train(home, *arguments, "--experiment.candidate", name)
    assert promoted.exit_code == 0, promoted.errors[-3000:]
    assert not {step for step in promoted.rerun() if step.startswith(("train_stage", "evaluate", "medical"))}
    assert promoted.summary["model"]["aliases"] == ["champion"]
    assert promoted.summary["metrics"] == first.summary["metrics"]


@pytest.mark.parametrize(
    ("pipeline", "candidates", "told"),
    [
        ("experiment_pipeline", "{one: {}, two: {training: {stage2: {epoch: 3}}}}", "two.training.stage2.epoch"),
        ("train_pipeline", "{one: {}, two: {training: {strategy: full}}}", "--experiment.candidate NAME"),
    ],
)
def test_a_wrong_experiment_is_refused_before_anything_runs(
    tmp_path: Path, pipeline: str, candidates: str, told: str
) -> None:
    finished = run_pipeline(pipeline, tmp_path / "home", *TINY, "--experiment.candidates", candidates)
    assert finished.exit_code == 2
    assert told in finished.errors
    assert not (tmp_path / "home" / "runs").exists()
