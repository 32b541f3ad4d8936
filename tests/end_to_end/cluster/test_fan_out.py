"""Folds, candidates and shares on a stand-in for a cluster: side by side, and one that fails ends no other."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import mlflow
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.support.clusters import StoodInCluster
from tests.support.commands import OPEN_GATE, TINY
from tests.support.images import encode
from tests.support.kubernetes_pods import Fault
from tests.support.registered import NAME, register_with_card

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(1800)]

ALWAYS_KILLED = Fault(kill=lambda _log: True, reason="OOMKilled")
SHARES = ("prepare_pixel_share-1_of_2", "prepare_pixel_share-2_of_2")
FOLDS = (*TINY, "--split.folds", "2", "--explanation.images_per_class", "1")
CANDIDATES = """\
experiment:
  candidates:
    kept: {}
    lost: {training: {stage1: {learning_rate: 2e-4}}}
"""


def killed_once() -> Fault:
    """The first pod of a step is killed, and no other."""
    left = [True]
    return Fault(kill=lambda _log: bool(left) and left.pop())


def require_side_by_side(cluster: StoodInCluster, step: str, branches: tuple[str, str]) -> None:
    """The pods of a step's two branches ran at one time, each with what a step of its class asks for."""
    one, other = (cluster.ran(f"{step}-{branch}")[0] for branch in branches)
    assert max(one.begun, other.begun) < min(one.ended, other.ended), (one, other)
    for branch in branches:
        (container,) = cluster.pods(f"{step}-{branch}")[0]["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["limits"] == {"memory": "32Gi", "nvidia.com/gpu": "1"}
        assert container["resources"]["requests"] == {"cpu": "6", "memory": "32Gi", "nvidia.com/gpu": "1"}


def test_folds_run_side_by_side_and_one_that_fails_is_all_that_is_run_again(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    summary_file = tmp_path / "summary.json"
    cluster.fail({"train_stage2-fold_0": ALWAYS_KILLED, SHARES[1]: killed_once()}, times=9)
    failed = cluster.run("pipelines.cross_validation_pipeline", *FOLDS, "--summary", str(summary_file))
    assert failed.returncode == 1, f"{failed.stderr}\n{failed.stdout[-3000:]}"
    assert "train_stage2-fold_0: it was killed (OOMKilled, exit code 137)" in failed.stderr
    assert "Traceback" not in failed.stderr
    require_side_by_side(cluster, "train_stage1", ("fold_0", "fold_1"))
    assert [len(cluster.pods(step)) for step in (*SHARES, "merge_pixel_shares", "prepare_pixels")] == [1, 2, 1, 0]
    statuses = {name: step["status"] for name, step in json.loads(summary_file.read_text())["steps"].items()}
    assert statuses["train_stage2-fold_0"] == "failed"
    assert "evaluate_model-fold_0" not in statuses
    # It was still being trained when the other one failed for good, and all of it is kept.
    of_other = {name: status for name, status in statuses.items() if name.endswith("fold_1")}
    assert set(of_other.values()) == {"completed"}
    assert {"explain_model-fold_1", "record_training-fold_1"} <= set(of_other)

    cluster.fail({})
    again = cluster.run("pipelines.cross_validation_pipeline", *FOLDS, "--summary", str(summary_file))
    assert again.returncode == 3, f"{again.stderr}\n{again.stdout[-3000:]}"
    summary = json.loads(summary_file.read_text())
    anew = {name for name, step in summary["steps"].items() if step["status"] == "completed"}
    late = ("train_stage2", "evaluate_model", "explain_model", "record_training")
    assert {name for name in anew if "-fold_" in name} == {f"{step}-fold_0" for step in late}
    assert cluster.cluster.invalid == []


def test_a_training_whose_share_of_pixels_fails_for_good_ends_with_the_reason_when_the_others_have_ended(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    summary_file = tmp_path / "summary.json"
    cluster.fail({SHARES[1]: ALWAYS_KILLED}, times=9)
    # At a size of its own, so that no share is in the cache.
    run = cluster.run("pipelines.train_pipeline", *TINY, "--model.input_size", "40", "--summary", str(summary_file))
    assert run.returncode == 1, f"{run.stderr}\n{run.stdout[-3000:]}"
    assert f"{SHARES[1]}: it was killed (OOMKilled, exit code 137)" in run.stderr
    assert "Traceback" not in run.stderr
    (kept,), lost = cluster.ran(SHARES[0]), cluster.ran(SHARES[1])
    assert len(lost) == 2
    assert kept.ended > lost[-1].ended
    summary = json.loads(summary_file.read_text())
    statuses = {name: step["status"] for name, step in summary["steps"].items()}
    assert (statuses[SHARES[0]], statuses[SHARES[1]]) == ("completed", "failed")
    assert not {"merge_pixel_shares", "compute_normalization", "train_stage1"} & set(statuses)
    server = cluster.variables["ZENML_STORE_URL"]
    of_server = httpx.get(f"{server}/api/v1/runs/{summary['run_id']}", timeout=30).json()
    assert of_server["body"]["status"] == "failed"


def test_candidates_run_side_by_side_and_one_that_is_killed_loses_no_other(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    file, summary_file = tmp_path / "candidates.yaml", tmp_path / "summary.json"
    file.write_text(CANDIDATES)
    cluster.fail({"train_stage2-lost": ALWAYS_KILLED}, times=9)
    run = cluster.run(
        "pipelines.experiment_pipeline",
        *TINY,
        *OPEN_GATE,
        "--explanation.images_per_class",
        "1",
        "--config",
        str(file),
        "--summary",
        str(summary_file),
    )
    assert run.returncode == 0, f"{run.stderr}\n{run.stdout[-3000:]}"
    summary = json.loads(summary_file.read_text())
    assert {result["name"] for result in summary["ranking"]} == {"kept"}
    assert set(summary["failures"]) == {"lost"}
    require_side_by_side(cluster, "train_stage1", ("kept", "lost"))
    assert len(cluster.pods("train_stage2-lost")) == 2
    assert cluster.cluster.invalid == []


def test_a_share_of_a_folder_that_fails_is_told_with_its_files_and_is_all_that_is_answered_again(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    images, answers = tmp_path / "images", tmp_path / "answers.parquet"
    images.mkdir()
    for number in range(30):
        (images / f"{number:02d}.png").write_bytes(encode(np.full((40, 40), 8 * number, np.uint8)))
    command = ("pipelines.inference_pipeline", "--images", str(images), "--output", str(answers))
    with registered(cluster):
        cluster.fail({"predict_image_share-2_of_3": ALWAYS_KILLED}, times=9)
        failed = cluster.run(*command)
        assert failed.returncode == 1, f"{failed.stderr}\n{failed.stdout[-3000:]}"
        assert "predict_image_share-2_of_3: it was killed (OOMKilled, exit code 137)" in failed.stderr
        assert "share 2 of 3 with 10 files, from 10.png to 19.png" in failed.stderr
        assert "2 of 3 shares have their answers, which are kept" in failed.stderr
        assert not answers.exists()

        cluster.fail({"predict_image_share-2_of_3": killed_once()})
        again = cluster.run(*command)
        assert again.returncode == 0, f"{again.stderr}\n{again.stdout[-3000:]}"
    assert [len(cluster.pods(f"predict_image_share-{number}_of_3")) for number in (1, 2, 3)] == [0, 2, 0]
    table = pq.read_table(answers)
    assert table["file"].to_pylist() == [f"{number:02d}.png" for number in range(30)]
    assert table["refusal"].null_count == 30
    assert cluster.cluster.invalid == []


@contextmanager
def registered(cluster: StoodInCluster) -> Iterator[None]:
    """A champion is in the registry of the cluster's runs meanwhile."""
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(cluster.mlflow)
    try:
        register_with_card()
    finally:
        mlflow.set_tracking_uri(previous)
    yield
    mlflow.MlflowClient(tracking_uri=cluster.mlflow, registry_uri=cluster.mlflow).delete_registered_model(NAME)
