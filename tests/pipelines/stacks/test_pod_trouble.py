"""What is told of a pod, by the states that kubelet and scheduler give it."""

import datetime
from typing import Any

import pytest

from medimage.config.stack.needs import StepNeeds

kubernetes = pytest.importorskip("kubernetes", reason="it comes with the extra kubernetes")

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
NEEDS = StepNeeds(memory="8Gi", start_minutes=20)


def pod(*, minutes: float = 1, **status: Any) -> Any:
    """A pod as the API gives it: read back by the client from its JSON."""
    api = kubernetes.client.ApiClient()
    body = {
        "metadata": {"creationTimestamp": (NOW - datetime.timedelta(minutes=minutes)).isoformat()},
        "spec": {"containers": [{"name": "main", "image": "registry.example.org/train:1"}]},
        "status": status,
    }
    return api._ApiClient__deserialize(body, "V1Pod")


def container(**state: Any) -> list[dict[str, Any]]:
    return [{"name": "main", "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": state}]


def told(one: Any) -> Any:
    from pipelines.stacks.pod_trouble import trouble_of

    return trouble_of(one, NEEDS, now=NOW)


def test_a_pod_that_runs_pulls_or_waits_for_its_turn_is_in_no_trouble() -> None:
    assert told(pod(phase="Running", containerStatuses=container(running={}))) is None
    assert told(pod(phase="Pending")) is None
    assert told(pod(phase="Pending", containerStatuses=container(waiting={"reason": "ContainerCreating"}))) is None
    assert told(pod(phase="Pending", containerStatuses=container(waiting={"reason": "ErrImagePull"}))) is None
    done = container(terminated={"exitCode": 0, "reason": "Completed"})
    assert told(pod(phase="Succeeded", containerStatuses=done, minutes=600)) is None


def test_an_error_of_the_step_itself_is_left_to_its_own_words() -> None:
    assert told(pod(phase="Failed", containerStatuses=container(terminated={"exitCode": 1, "reason": "Error"}))) is None


def test_the_last_words_of_a_pod_that_failed_are_the_error_below_its_traceback() -> None:
    from pipelines.stacks.pod_trouble import has_failed, last_words

    assert has_failed(pod(phase="Failed", containerStatuses=container(terminated={"exitCode": 1, "reason": "Error"})))
    assert not has_failed(pod(phase="Succeeded", containerStatuses=container(terminated={"exitCode": 0})))
    assert not has_failed(pod(phase="Running", containerStatuses=container(running={})))
    box = "╭─ Traceback ─╮\n│ x │\n╰───╯"
    drawn = f"The work begins\n{box}\nOSError: [Errno 5] when calling the\nPutObject operation: full\n"
    assert last_words(drawn) == "OSError: [Errno 5] when calling the PutObject operation: full"
    plain = (
        "Traceback (most recent call last):\n  File \"x.py\", line 1\nModuleNotFoundError: No module named 'zenml'\n"
    )
    assert last_words(plain) == "ModuleNotFoundError: No module named 'zenml'"
    assert last_words("\n".join(f"line {number}" for number in range(20))).startswith("line 14")
    assert last_words("") == ""


def test_an_image_that_cannot_be_pulled_is_stuck_and_named() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    trouble = told(pod(phase="Pending", containerStatuses=container(waiting=waiting)))
    assert trouble.is_stuck
    assert "Back-off pulling image" in trouble.told
    assert "registry.example.org/train:1" in trouble.told


@pytest.mark.parametrize("ended", [{"exitCode": 137, "reason": "OOMKilled"}, {"exitCode": 137, "reason": "Error"}])
def test_a_pod_out_of_memory_is_told_with_its_limit(ended: dict[str, Any]) -> None:
    trouble = told(pod(phase="Failed", containerStatuses=container(terminated=ended)))
    assert not trouble.is_stuck
    assert "8Gi" in trouble.told


def test_a_pod_that_no_node_has_room_for_is_stuck_once_its_time_is_over() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Insufficient gpu"}
    assert told(pod(phase="Pending", conditions=[condition], minutes=19)) is None
    trouble = told(pod(phase="Pending", conditions=[condition], minutes=21))
    assert trouble.is_stuck
    assert "3 Insufficient gpu" in trouble.told


def test_a_pod_that_its_node_gave_up_is_told() -> None:
    trouble = told(pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory"))
    assert not trouble.is_stuck
    assert "Evicted: The node was low on resource: memory" in trouble.told
