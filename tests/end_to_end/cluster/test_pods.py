"""A small pipeline in pods: ZenML's Kubernetes orchestrator as it is, each pod a process with a workspace of its own.

No node, network, image or volume is real here, and the kubelet's answers are those that the tests give.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import PROJECT
from tests.end_to_end.cluster.conftest import HIDDEN
from tests.support.clusters import StoodInCluster
from tests.support.kubernetes_api import write_kubeconfig
from tests.support.kubernetes_pods import Fault
from tests.support.pod_pipelines import BEGUN
from tests.support.s3_server import BUCKET, KEY, SECRET

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(900)]

PIPELINE = "tests.support.pods_command"
GOLDEN = Path(__file__).with_name("train_stage2_job.json")


def without_what_changes(job: dict[str, Any]) -> dict[str, Any]:
    """A job with names for identifiers, addresses and versions, as the golden manifest has it."""
    text = json.dumps(job)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "IDENTIFIER", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://ADDRESS", text)
    text = re.sub(r"[0-9a-f]{8}-pods-", "RANDOM-pods-", text)
    text = re.sub(r"pods-\d{19}", "RUN", text)
    return json.loads(text)


def test_a_killed_step_is_begun_again_and_pods_share_nothing_but_the_artifact_store(cluster: StoodInCluster) -> None:
    cluster.fail({"train_stage2": Fault(kill=lambda log: BEGUN in log, reason="OOMKilled")})
    run = cluster.run(PIPELINE)
    assert run.returncode == 0, f"{run.stderr}\n{run.stdout[-2000:]}"
    # Not what the step before left in its workspace, but the variables of the stack, plain and secret.
    assert f"completed: 7 plain {HIDDEN}" in run.stdout
    assert [len(cluster.pods(step)) for step in ("download_dataset", "train_stage2", "package_bento")] == [1, 2, 1]
    assert cluster.cluster.invalid == []
    assert not any(secret in json.dumps(cluster.cluster.created) for secret in (HIDDEN, SECRET, KEY))

    import boto3

    store = boto3.client(
        "s3", endpoint_url=cluster.s3, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
    )
    stored = [one["Key"] for one in store.list_objects_v2(Bucket=BUCKET, Prefix="artifacts/")["Contents"]]
    assert any("/number/" in key for key in stored)
    assert not any("code_uploads" in key for key in stored)

    job = without_what_changes(cluster.pods("train_stage2")[0])
    assert job == json.loads(GOLDEN.read_text()), json.dumps(job, indent=1)


def test_an_image_that_cannot_be_pulled_ends_the_run_with_the_reason(cluster: StoodInCluster) -> None:
    cluster.fail({"train_stage2": Fault(waiting="ImagePullBackOff")}, times=9)
    run = cluster.run(PIPELINE)
    assert run.returncode == 1
    assert "train_stage2: its image cannot be pulled (ImagePullBackOff" in run.stderr
    assert "image_pull_secrets" in run.stderr
    assert "Traceback" not in run.stderr
    assert len(cluster.pods("train_stage2")) == 2


def test_a_step_without_enough_memory_ends_the_run_with_the_reason(cluster: StoodInCluster) -> None:
    cluster.fail({"train_stage2": Fault(kill=lambda log: BEGUN in log, reason="OOMKilled")}, times=9)
    run = cluster.run(PIPELINE)
    assert run.returncode == 1
    assert "train_stage2: it was killed (OOMKilled, exit code 137)" in run.stderr
    assert "more memory" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_run_whose_own_image_cannot_be_pulled_is_over(cluster: StoodInCluster) -> None:
    cluster.fail({"": Fault(waiting="ImagePullBackOff")}, times=9)
    run = cluster.run(PIPELINE)
    assert run.returncode == 1
    assert "before any of its steps did" in run.stderr
    assert "ImagePullBackOff" in run.stderr
    assert "describe pods" in run.stderr


def test_a_cluster_that_does_not_answer_is_told(cluster: StoodInCluster) -> None:
    kubeconfig = Path(cluster.variables["KUBECONFIG"])
    before = kubeconfig.read_text()
    write_kubeconfig(kubeconfig, context="test", server="http://127.0.0.1:9")
    try:
        run = cluster.run(PIPELINE)
        registered = cluster.run("pipelines.register_stack", "--stack", str(cluster.definition))
    finally:
        kubeconfig.write_text(before)
    assert run.returncode == 1
    assert "Expected the cluster of the context test to answer" in run.stderr
    assert registered.returncode == 1
    assert "its API server http://127.0.0.1:9 does not answer" in registered.stderr


def test_a_stack_is_registered_once_and_updated_where_its_file_changed(cluster: StoodInCluster, tmp_path: Path) -> None:
    command = ("pipelines.register_stack", "--no-activate", "--stack")
    again = cluster.run(*command, str(cluster.definition))
    assert again.stdout.count("as it was") == 5, again.stdout
    other = tmp_path / "stack.yaml"
    other.write_text(
        cluster.definition.read_text()
        .replace("PLAIN: plain", "PLAIN: fancy")
        .replace("run_minutes: 20", "run_minutes: 30")
    )
    updated = cluster.run(*command, str(other))
    assert re.findall(r"^(\S+).*: updated$", updated.stdout, re.MULTILINE) == ["orchestrator", "stack"], updated.stdout
    back = cluster.run(*command, str(cluster.definition))
    assert back.stdout.count("updated") == 2


def test_a_run_goes_on_without_the_command_that_is_interrupted_and_is_ended_by_the_one_that_is_told(
    cluster: StoodInCluster, tmp_path: Path
) -> None:
    cluster.fail({})
    log = tmp_path / "log"
    with log.open("w") as file:
        command = subprocess.Popen(
            [sys.executable, "-m", PIPELINE], cwd=PROJECT, env=dict(cluster.variables), stdout=file, stderr=file
        )
    _wait(lambda: len(cluster.pods("train_stage2")) == 1)
    command.send_signal(signal.SIGINT)
    assert command.wait(timeout=120) == 130
    told = log.read_text()
    assert "goes on in the cluster, and only this command has ended" in told
    assert "Traceback" not in told
    (run_id,) = re.findall(r"zenml pipeline runs stop (\S+);", told)
    _wait(lambda: _status(cluster, run_id) == "completed")
    assert len(cluster.pods("package_bento")) == 1


def _wait(is_so: Callable[[], bool]) -> None:
    """Waits, as long as the test may take."""
    while not is_so():
        time.sleep(0.5)


def _status(cluster: StoodInCluster, run_id: str) -> str:
    answer = httpx.get(f"{cluster.variables['ZENML_STORE_URL']}/api/v1/runs/{run_id}", timeout=30)
    return str(answer.json()["body"]["status"])
