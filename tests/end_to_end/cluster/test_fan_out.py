"""Folds and candidates on a stand-in for a cluster: their pods run side by side, and one that fails ends no other."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from tests.support.clusters import StoodInCluster
from tests.support.commands import OPEN_GATE, TINY
from tests.support.kubernetes_pods import Fault

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(1800)]

ALWAYS_KILLED = Fault(kill=lambda _log: True, reason="OOMKilled")
SMALL = (*TINY, "--explanation.images_per_class", "1")
FOLDS = (*SMALL, "--split.folds", "3")
CANDIDATES = """\
experiment:
  candidates:
    whole: {}
    head: {training: {strategy: head_only}}
    killed: {training: {stage1: {learning_rate: 2e-4}}}
"""


def require_side_by_side(cluster: StoodInCluster, step: str, branches: tuple[str, ...]) -> None:
    """The last pods of a step's branches ran at one time, each with what a step of its class asks for."""
    ran = [cluster.ran(f"{step}-{branch}")[-1] for branch in branches]
    for one, other in combinations(ran, 2):
        assert max(one.begun, other.begun) < min(one.ended, other.ended), (one, other)
    for branch in branches:
        (container,) = cluster.pods(f"{step}-{branch}")[-1]["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["limits"] == {"memory": "32Gi", "nvidia.com/gpu": "1"}
        assert container["resources"]["requests"] == {"cpu": "6", "memory": "32Gi", "nvidia.com/gpu": "1"}


def test_folds_run_side_by_side_and_one_that_fails_is_all_that_is_run_again(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    summary_file = tmp_path / "summary.json"
    cluster.fail({"train_stage1-fold_0": ALWAYS_KILLED}, times=9)
    failed = cluster.run("pipelines.cross_validation_pipeline", *FOLDS, "--summary", str(summary_file))
    assert failed.returncode == 1, f"{failed.stderr}\n{failed.stdout[-3000:]}"
    assert "train_stage1-fold_0: it was killed (OOMKilled, exit code 137)" in failed.stderr
    assert "Traceback" not in failed.stderr
    statuses = {name: step["status"] for name, step in json.loads(summary_file.read_text())["steps"].items()}
    assert statuses["train_stage1-fold_0"] == "failed"
    assert "train_stage2-fold_0" not in statuses
    for fold in (1, 2):
        assert {statuses[f"{step}-fold_{fold}"] for step in ("train_stage1", "train_stage2", "explain_model")} == {
            "completed"
        }
    require_side_by_side(cluster, "train_stage1", ("fold_1", "fold_2"))
    assert cluster.ran("train_stage1-fold_0")[0].begun < cluster.ran("train_stage1-fold_1")[0].ended

    cluster.fail({})
    again = cluster.run("pipelines.cross_validation_pipeline", *FOLDS, "--summary", str(summary_file))
    assert again.returncode == 3, f"{again.stderr}\n{again.stdout[-3000:]}"
    summary = json.loads(summary_file.read_text())
    anew = {name for name, step in summary["steps"].items() if step["status"] == "completed"}
    assert {name for name in anew if "-fold_" in name} == {
        f"{step}-fold_0"
        for step in ("train_stage1", "train_stage2", "evaluate_model", "explain_model", "record_training")
    }
    assert cluster.cluster.invalid == []


def test_candidates_run_side_by_side_and_one_that_is_killed_loses_no_other(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    file, summary_file = tmp_path / "candidates.yaml", tmp_path / "summary.json"
    file.write_text(CANDIDATES)
    cluster.fail({"train_stage1-killed": ALWAYS_KILLED}, times=9)
    run = cluster.run(
        "pipelines.experiment_pipeline", *SMALL, *OPEN_GATE, "--config", str(file), "--summary", str(summary_file)
    )
    assert run.returncode == 0, f"{run.stderr}\n{run.stdout[-3000:]}"
    summary = json.loads(summary_file.read_text())
    assert {result["name"] for result in summary["ranking"]} == {"whole", "head"}
    assert set(summary["failures"]) == {"killed"}
    assert len(cluster.pods("train_stage1-killed")) == 2
    require_side_by_side(cluster, "train_stage1", ("whole", "head"))
    assert cluster.cluster.invalid == []
