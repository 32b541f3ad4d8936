"""The watch of a run's pods, against a stand-in for a cluster that does not always answer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from zenml.client import Client
from zenml.models import PipelineRunResponse

from medimage.config.stack.stack import StackConfig
from pipelines.stacks import pod_watch
from tests.support.active_stack import active_stack, begun_run, kubernetes_definition
from tests.support.kubernetes_api import kubernetes_api
from tests.support.kubernetes_cluster import Cluster
from tests.support.kubernetes_pods import PodRunner
from tests.support.small_pipelines import finishing_pipeline

kubernetes = pytest.importorskip("kubernetes", reason="it comes with the extra kubernetes")

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackConfig]:
    with active_stack(kubernetes_definition(tmp_path_factory.mktemp("stack"), name="watched-pods")) as definition:
        yield definition


@pytest.fixture(scope="module")
def run(stack: StackConfig) -> PipelineRunResponse:
    return begun_run(finishing_pipeline, name=f"run-on-{stack.name}")


class Orchestrator:
    """What the watch is given of ZenML's: the way to the cluster, and once a test is over, an end."""

    def __init__(self, address: str) -> None:
        self.config = SimpleNamespace(kubernetes_namespace="medimage")
        self.looks = 0
        self.is_over = False
        self._client = kubernetes.client.ApiClient(kubernetes.client.Configuration(host=address))

    def get_kube_client(self) -> Any:
        if self.is_over:
            # None of the errors that the watch goes on after.
            raise SystemExit
        self.looks += 1
        return self._client


def until_it_is_over(go_on: Callable[[], None]) -> None:
    with suppress(SystemExit):
        go_on()


def pod_of(run: PipelineRunResponse, step: str, *, code: int, reason: str) -> dict[str, Any]:
    ended = {"exitCode": code, "reason": reason}
    container = {"name": "main", "image": "", "imageID": "", "ready": False, "restartCount": 0}
    return {
        "metadata": {
            "name": f"pod-of-{step}",
            "labels": {"run_id": str(run.id), "step_name": step},
            "creationTimestamp": "2026-01-01T12:00:00Z",
        },
        "spec": {"containers": [{"name": "main", "image": "registry.example.org/train:1"}]},
        "status": {"phase": "Failed", "containerStatuses": [{**container, "state": {"terminated": ended}}]},
    }


def noted(run: PipelineRunResponse, name: str) -> dict[str, Any]:
    found = Client().get_pipeline_run(run.id).run_metadata.get(name, {})
    assert isinstance(found, dict)
    return found


def wait_until(is_so: Callable[[], object]) -> None:
    """Waits, as long as the test may take."""
    while not is_so():
        time.sleep(0.05)


def test_a_watch_whose_first_looks_fail_goes_on_and_tells_what_was_wrong_once_it_sees_it(
    run: PipelineRunResponse, stack: StackConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pod_watch, "_SECONDS", 0.05)
    cluster = Cluster(runner=PodRunner(folder=tmp_path), is_away=True)
    for step, code, reason in (("train_stage2", 137, "OOMKilled"), ("evaluate_model", 1, "Error")):
        cluster.objects["pods", f"pod-of-{step}"] = pod_of(run, step, code=code, reason=reason)
    (tmp_path / "pod-of-evaluate_model").mkdir()
    (tmp_path / "pod-of-evaluate_model" / "log").write_text("Traceback\n  in evaluate\nOSError: disk quota exceeded\n")
    with kubernetes_api(cluster, kubeconfig=tmp_path / "kubeconfig") as address:
        orchestrator = Orchestrator(address)
        watch = pod_watch.PodWatch(run=run.id, stack=stack, orchestrator=orchestrator)
        thread = threading.Thread(target=lambda: until_it_is_over(watch.go_on), daemon=True)
        thread.start()
        try:
            wait_until(lambda: orchestrator.looks >= 2)
            assert noted(run, pod_watch.TROUBLES) == {}
            cluster.is_away = False
            wait_until(lambda: noted(run, pod_watch.TROUBLES) and noted(run, pod_watch.LAST_WORDS))
        finally:
            orchestrator.is_over = True
            thread.join(timeout=20)
    assert not thread.is_alive()
    told = noted(run, pod_watch.TROUBLES)
    assert set(told) == {"train_stage2"}
    assert "it was killed (OOMKilled, exit code 137)" in told["train_stage2"]
    assert "32Gi" in told["train_stage2"]
    assert noted(run, pod_watch.LAST_WORDS) == {"evaluate_model": "OSError: disk quota exceeded"}
