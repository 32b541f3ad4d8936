"""Jobs of the stand-in for a cluster: each pod is a process with a folder of its own, which nobody else sees."""

import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT
from tests.support.pod_environment import bare_environment

_STEP = "zenml.io/step-name"
_KILLED = 137
"""What a container ends with that the kernel has killed: 128 plus the signal's number."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with a pod.

    Attributes:
        waiting: Reason why its container is never begun, such as `ErrImagePull`.
        kill: Returns whether the process, of which it is given the log, is to be killed now.
        reason: Reason of its end that the kubelet tells then.
    """

    waiting: str | None = None
    kill: Callable[[str], bool] | None = None
    reason: str = "Error"


@dataclass(frozen=True, kw_only=True)
class Ran:
    """When the process of a pod ran, in seconds of a clock that never goes back.

    Attributes:
        step: Name of its step; empty for the pod that starts the steps.
        begun: When it began.
        ended: When it ended.
    """

    step: str
    begun: float
    ended: float


@dataclass
class PodRunner:
    """Runs jobs.

    Attributes:
        folder: Holds a folder for each pod.
        environment: What every image has set, beside what the manifest gives.
        faults: Returns what goes wrong with a pod, by the name of its step (empty for the pod that starts the steps)
            and how many pods that step has had before.
        ran: Pods that have ended, in the order of their ends.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    faults: Callable[[str, int], Fault | None] = lambda _step, _before: None
    ran: list[Ran] = field(default_factory=list)
    _pods_of: dict[str, int] = field(default_factory=dict)
    _stopped: set[str] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: Any = field(default_factory=threading.Lock)

    def start(self, cluster: Any, job: dict[str, Any]) -> None:
        """Begins a job in a thread of its own."""
        thread = threading.Thread(target=self._run_job, args=(cluster, job), daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self, cluster: Any, job: str) -> None:
        """Ends the processes of a job and removes its pods."""
        self._stopped.add(job)
        for pod in cluster.listed("pods", {"labelSelector": f"job-name={job}"}):
            cluster.objects.pop(("pods", pod["metadata"]["name"]), None)

    def stop_all(self, cluster: Any) -> None:
        """Ends everything that runs, and waits for it."""
        for job in cluster.listed("jobs", {}):
            self._stopped.add(job["metadata"]["name"])
        for thread in self._threads:
            thread.join(timeout=30)

    def forget(self) -> None:
        """Counts the pods of every step from now on, and notes when they run."""
        with self._lock:
            self._pods_of.clear()
            self.ran.clear()

    def log(self, pod: str) -> str:
        """Returns what a pod has told."""
        path = self.folder / pod / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self) -> str:
        """Returns what all pods have told, for a message of a test that failed."""
        return "\n".join(f"== {path.parent.name}\n{path.read_text()[-3000:]}" for path in self.folder.glob("*/log"))

    def _run_job(self, cluster: Any, job: dict[str, Any]) -> None:
        name, spec = job["metadata"]["name"], job["spec"]
        deadline = time.monotonic() + spec.get("activeDeadlineSeconds", 10**6)
        for _ in range(spec.get("backoffLimit", 6) + 1):
            code = self._run_pod(cluster, job, deadline=deadline)
            if name in self._stopped:
                return
            if code == 0:
                _conclude(cluster, job, "Complete", reason="CompletionsReached", message="Reached expected number")
                return
            if code is None:
                _conclude(
                    cluster,
                    job,
                    "Failed",
                    reason="DeadlineExceeded",
                    message="Job was active longer than specified deadline",
                )
                self.stop(cluster, name)
                return
            if code in _failing_codes(spec):
                _conclude(
                    cluster,
                    job,
                    "Failed",
                    reason="PodFailurePolicy",
                    message=f"Container main failed with exit code {code}",
                )
                return
        _conclude(
            cluster, job, "Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit"
        )

    def _run_pod(self, cluster: Any, job: dict[str, Any], *, deadline: float) -> int | None:
        """Runs one pod and returns what its container ended with; None where the job's time is over."""
        name, template = job["metadata"]["name"], job["spec"]["template"]
        step = job["metadata"].get("annotations", {}).get(_STEP, "")
        with self._lock:
            before = self._pods_of.get(step, 0)
            self._pods_of[step] = before + 1
        fault = self.faults(step, before)
        pod = {
            "metadata": {
                "name": f"{name}-{uuid.uuid4().hex[:5]}",
                "labels": dict(template["metadata"]["labels"]),
                "annotations": dict(template["metadata"].get("annotations", {})),
                "creationTimestamp": datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "ownerReferences": [
                    {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
                ],
            },
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        }
        with cluster.lock:
            cluster.objects[("pods", pod["metadata"]["name"])] = pod
        if fault is not None and fault.waiting is not None:
            _tell(pod, "Pending", waiting={"reason": fault.waiting, "message": f"{fault.waiting}: no such image"})
            while name not in self._stopped and time.monotonic() < deadline:
                time.sleep(0.1)
            return None
        _tell(pod, "Running", running={})
        begun = time.monotonic()
        code = self._run_process(pod, fault, job=name, deadline=deadline)
        self.ran.append(Ran(step=step, begun=begun, ended=time.monotonic()))
        if code is not None:
            reason = "Completed" if code == 0 else fault.reason if fault and code == _KILLED else "Error"
            phase = "Succeeded" if code == 0 else "Failed"
            _tell(pod, phase, terminated={"exitCode": code, "reason": reason})
        return code

    def _run_process(self, pod: dict[str, Any], fault: Fault | None, *, job: str, deadline: float) -> int | None:
        container = pod["spec"]["containers"][0]
        home = self.folder / pod["metadata"]["name"]
        home.mkdir(parents=True)
        given = {one["name"]: one.get("value", "") for one in container.get("env", [])}
        environment = {**bare_environment(home), **self.environment, **given}
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [*container["command"], *container["args"]],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            while process.poll() is None:
                over = job in self._stopped or time.monotonic() > deadline
                if over or (fault and fault.kill and fault.kill((home / "log").read_text(errors="replace"))):
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    if over:
                        return None
                time.sleep(0.05)
        return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _failing_codes(spec: dict[str, Any]) -> set[int]:
    """Returns with which ends of a container a job is given up at once."""
    rules = spec.get("podFailurePolicy", {}).get("rules", [])
    return {
        code for rule in rules if rule["action"] == "FailJob" for code in rule.get("onExitCodes", {}).get("values", [])
    }


def _tell(pod: dict[str, Any], phase: str, **state: Any) -> None:
    pod["status"] = {
        "phase": phase,
        "containerStatuses": [
            {"name": "main", "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": state}
        ],
    }


def _conclude(cluster: Any, job: dict[str, Any], kind: str, *, reason: str, message: str) -> None:
    with cluster.lock:
        job["status"] = {"conditions": [{"type": kind, "status": "True", "reason": reason, "message": message}]}
