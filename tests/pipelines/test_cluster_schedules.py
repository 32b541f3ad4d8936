"""Schedules of a Kubernetes cluster: ZenML's own orchestrator, as it is, against a stand-in that runs nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.support.cluster_stack import CONTEXT
from tests.support.commands import environment
from tests.support.kubernetes_api import kubernetes_api
from tests.support.kubernetes_cluster import Cluster

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]


def test_a_cluster_s_schedule_from_its_making_to_its_end_and_without_its_cluster(tmp_path: Path) -> None:
    home = tmp_path / "home"

    def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT,
            env=environment(home, KUBECONFIG=str(tmp_path / "kubeconfig")),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def schedule(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run("tests.support.scheduled_on_cluster", *arguments)

    weekly = ("--schedule", "0 3 * * MON", "--time-zone", "Europe/Berlin", "--schedule-name", "idle")
    stub = Cluster()
    with kubernetes_api(stub, kubeconfig=tmp_path / "kubeconfig", context=CONTEXT):
        registered = run("tests.support.cluster_stack")
        assert registered.returncode == 0, registered.stderr[-3000:]
        made = schedule(*weekly, "--grace-minutes", "30")
        assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-3000:]
        assert "03:00 Europe/Berlin" in made.stdout
        (job,) = stub.listed("cronjobs", {})
        assert job["spec"]["schedule"] == "0 3 * * 1"
        assert job["spec"]["timeZone"] == "Europe/Berlin"
        assert job["spec"]["concurrencyPolicy"] == "Forbid"
        assert job["spec"]["startingDeadlineSeconds"] == 1800

        again = schedule(*weekly)
        assert again.returncode == 2, again.stderr[-3000:]
        assert "there is a schedule idle on the cluster already" in again.stderr
        replaced = schedule("--schedule", "@daily", *weekly[2:], "--replace")
        assert replaced.returncode == 0, replaced.stderr[-3000:]
        assert [each["spec"]["schedule"] for each in stub.listed("cronjobs", {})] == ["0 0 * * *"]

        listed = run("pipelines.schedules", "list")
        assert "idle (CronJob zenml/" in listed.stdout, listed.stdout + listed.stderr[-3000:]
        assert "00:00 Europe/Berlin" in listed.stdout
        assert run("pipelines.schedules", "pause", "idle").returncode == 0
        assert stub.listed("cronjobs", {})[0]["spec"]["suspend"] is True
        assert run("pipelines.schedules", "resume", "idle").returncode == 0
        assert stub.listed("cronjobs", {})[0]["spec"]["suspend"] is False
        deleted = run("pipelines.schedules", "delete", "idle")
        assert deleted.returncode == 0, deleted.stderr[-3000:]
        assert stub.listed("cronjobs", {}) == []
        assert schedule(*weekly).returncode == 0

    away = run("pipelines.schedules", "list")
    assert away.returncode == 0, away.stderr[-3000:]
    assert "The cluster of the orchestrator cluster" in away.stdout
    refused = schedule(*weekly[:4], "--schedule-name", "other")
    assert refused.returncode == 1
    assert "cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr
