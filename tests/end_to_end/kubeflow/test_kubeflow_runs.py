"""A small pipeline in a stand-in for Kubeflow: its own client as it is, and each task a process with its own workspace.

No node, network, image or volume is real here, and what is told of pods is what the tests give.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.kubeflow_pipelines import BEGUN
from tests.support.kubeflow_stack import HIDDEN, OF_CLUSTER, TOKEN, StoodInKubeflow
from tests.support.kubernetes_pods import Fault
from tests.support.s3_server import KEY, SECRET

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(1800)]

COMMAND = "tests.support.kubeflow_command"


def outcome(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.returncode == 0, f"{run.stderr}\n{run.stdout[-3000:]}"
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("OUTCOME ")]
    return json.loads(line.removeprefix("OUTCOME "))


@pytest.fixture(autouse=True)
def as_it_should_be(stood_in: StoodInKubeflow) -> Iterator[None]:
    yield
    stood_in.kubeflow.fail({})
    stood_in.kubeflow.is_away = False
    stood_in.kubeflow.token = TOKEN


def test_a_killed_step_is_begun_again_and_no_specification_shows_a_secret(stood_in: StoodInKubeflow) -> None:
    stood_in.kubeflow.fail({"train_stage2": Fault(kill=lambda log: BEGUN in log, reason="OOMKilled")})
    told = outcome(stood_in.run(COMMAND, "7", "yes", "no"))
    assert told["status"] == "completed"
    assert set(told["steps"].values()) == {"completed"}
    # Not what the step before left in its workspace, but variables of the stack and of the cluster, plain and secret.
    assert told["told"] == f"PASS: 7 plain {HIDDEN} {OF_CLUSTER}"
    assert stood_in.kubeflow.last.pods == {
        "download_dataset": 1,
        "train_stage2": 2,
        "medical_validation_gate": 1,
        "write_report": 1,
        "export_onnx": 1,
        "package_bento": 1,
    }
    assert stood_in.kubeflow.invalid == []
    sent = json.dumps(stood_in.kubeflow.bodies)
    assert not any(secret in sent for secret in (HIDDEN, SECRET, KEY, TOKEN, OF_CLUSTER))


def test_steps_after_a_verdict_that_is_no_pass_get_no_pod_and_the_run_is_over(stood_in: StoodInKubeflow) -> None:
    told = outcome(stood_in.run(COMMAND, "8", "no", "no"))
    assert told["status"] == "completed"
    assert list(stood_in.kubeflow.last.pods) == [
        "download_dataset",
        "train_stage2",
        "medical_validation_gate",
        "write_report",
    ]
    assert set(told["steps"]) == set(stood_in.kubeflow.last.pods)


@pytest.mark.parametrize("passes", ["yes", "no"])
def test_what_is_in_the_cache_gets_no_pod(stood_in: StoodInKubeflow, passes: str) -> None:
    first = outcome(stood_in.run(COMMAND, "9", passes, "yes"))
    runs = len(stood_in.kubeflow.runs)
    again = outcome(stood_in.run(COMMAND, "9", passes, "yes"))
    assert len(stood_in.kubeflow.runs) == runs
    assert again["steps"] == dict.fromkeys(first["steps"], "cached")
    assert again["status"] == "completed"


def test_an_image_that_cannot_be_pulled_ends_the_run_with_the_reason(stood_in: StoodInKubeflow) -> None:
    stood_in.kubeflow.fail({"train_stage2": Fault(waiting="ImagePullBackOff")}, times=9)
    run = stood_in.run(COMMAND, "10", "yes", "no")
    assert run.returncode == 1
    assert "train_stage2: ImagePullBackOff" in run.stderr
    assert "image_pull_secrets" in run.stderr
    assert "/#/runs/details/" in run.stderr
    assert "Traceback" not in run.stderr
    assert stood_in.kubeflow.last.pods["train_stage2"] == 2


def test_a_step_without_enough_memory_ends_the_run_with_the_reason(stood_in: StoodInKubeflow) -> None:
    stood_in.kubeflow.fail({"train_stage2": Fault(kill=lambda log: BEGUN in log, reason="OOMKilled")}, times=9)
    run = stood_in.run(COMMAND, "11", "yes", "no")
    assert run.returncode == 1
    assert "train_stage2: OOMKilled (exit code 137)" in run.stderr
    assert "more in the stack's file" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_api_that_is_away_is_told_and_nothing_is_begun(stood_in: StoodInKubeflow) -> None:
    runs = len(stood_in.kubeflow.runs)
    stood_in.kubeflow.is_away = True
    run = stood_in.run(COMMAND, "12", "yes", "no")
    registered = stood_in.run("pipelines.register_stack", "--stack", str(stood_in.definition))
    assert run.returncode == 1
    assert f"The run was not begun. Kubeflow at {stood_in.host}: it does not answer" in run.stderr
    assert "Traceback" not in run.stderr
    assert registered.returncode == 1
    assert f"Kubeflow at {stood_in.host}: it does not answer" in registered.stderr
    assert len(stood_in.kubeflow.runs) == runs


def test_a_login_that_is_refused_is_told_and_not_shown(stood_in: StoodInKubeflow) -> None:
    stood_in.kubeflow.token = "another one"
    run = stood_in.run(COMMAND, "13", "yes", "no")
    assert run.returncode == 1
    assert "it refuses the login (401)" in run.stderr
    assert "zenml secret update" in run.stderr
    assert TOKEN not in run.stderr + run.stdout
    assert "Traceback" not in run.stderr


def test_a_stack_is_registered_once(stood_in: StoodInKubeflow) -> None:
    again = stood_in.run("pipelines.register_stack", "--stack", str(stood_in.definition))
    assert again.stdout.count("as it was") == 5, again.stdout + again.stderr


def test_a_secret_that_is_not_there_is_named_with_the_command_that_makes_it(
    stood_in: StoodInKubeflow, tmp_path: Path
) -> None:
    other = tmp_path / "stack.yaml"
    other.write_text(stood_in.definition.read_text().replace("{{test-kubeflow.token}}", "{{nowhere.token}}"))
    run = stood_in.run("pipelines.register_stack", "--stack", str(other))
    assert run.returncode == 1
    assert (
        "secret nowhere: ZenML has none of that name; make it with zenml secret create nowhere --token=" in run.stderr
    )
