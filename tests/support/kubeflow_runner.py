"""Runs a compiled specification as Kubeflow would, each task's command a process with a folder of its own.

No image, node, volume or network is real here. Tasks are run one after the other; those under a condition where its
text is true; those that fail are begun again as often as their retry policy says, without its pauses.
"""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT
from tests.support.kubernetes_pods import Fault
from tests.support.pod_environment import bare_environment

Spec = dict[str, Any]

_CONDITION = re.compile(r"^inputs\.parameter_values\['([\w-]+)'\] == '(\w+)'$")


@dataclass(kw_only=True)
class KubeflowRun:
    """What is known of a run.

    Attributes:
        name: What Kubeflow calls it.
        pipeline: The specification of the pipeline.
        platform: That of what is asked of Kubernetes.
        folder: Holds a folder for each pod.
        environment: What every image has set.
        secrets: Secrets of the namespace: keys and values by name.
        fault: Returns what goes wrong with a pod, by its step and how many pods that step has had.
        state: How it stands.
        tasks: State of each task, and its error, by the name of its step.
        pods: How many pods each step has had.
    """

    name: str
    pipeline: Spec
    platform: Spec
    folder: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, Mapping[str, str]]
    fault: Callable[[str, int], Fault | None] = lambda _step, _before: None
    state: str = "PENDING"
    tasks: dict[str, tuple[str, str]] = field(default_factory=dict)
    pods: dict[str, int] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Runs it to its end."""
        self.state = "RUNNING"
        ended = self._run_dag(self.pipeline["root"]["dag"], {})
        self.state = "SUCCEEDED" if ended else "FAILED"

    def stop(self) -> None:
        """Ends it and what it runs."""
        self._stopped.set()

    def _run_dag(self, dag: Spec, inputs: Mapping[str, str]) -> bool:
        """Runs the tasks of a graph, and returns whether all came to their end."""
        left, ended, failed, outputs = dict(dag["tasks"]), set[str](), set[str](), dict[tuple[str, str], str]()
        while left and not self._stopped.is_set():
            ready = [name for name, task in left.items() if _needed(task) <= ended]
            if not ready:
                break
            name = ready[0]
            task = left.pop(name)
            given = {
                key: outputs[
                    (
                        value["taskOutputParameter"]["producerTask"],
                        value["taskOutputParameter"]["outputParameterKey"],
                    )
                ]
                if "taskOutputParameter" in value
                else inputs[value["componentInputParameter"]]
                for key, value in task.get("inputs", {}).get("parameters", {}).items()
            }
            if not _holds(task, given):
                ended.add(name)
                continue
            component = self.pipeline["components"][task["componentRef"]["name"]]
            if "dag" in component:
                well = self._run_dag(component["dag"], given)
            else:
                well = self._run_task(task, component, outputs, name)
            (ended if well else failed).add(name)
        return not left and not failed

    def _run_task(self, task: Spec, component: Spec, outputs: dict[tuple[str, str], str], name: str) -> bool:
        label, step = component["executorLabel"], task["taskInfo"]["name"]
        container = self.pipeline["deploymentSpec"]["executors"][label]["container"]
        asked = self.platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {})
        asked = asked.get("executors", {}).get(label, {})
        for _ in range(int(task.get("retryPolicy", {}).get("maxRetryCount", 0)) + 1):
            before = self.pods.get(step, 0)
            self.pods[step] = before + 1
            error = self._run_pod(container, asked, step=step, before=before)
            self.tasks[step] = ("FAILED", error) if error else ("SUCCEEDED", "")
            if not error:
                for key in component.get("outputDefinitions", {}).get("parameters", {}):
                    outputs[(name, key)] = self._output(step, before, key).read_text()
                return True
        return False

    def _run_pod(self, container: Spec, asked: Spec, *, step: str, before: int) -> str:
        """Runs one pod, and returns what Kubeflow tells of its end; nothing where it went well."""
        fault = self.fault(step, before)
        if fault is not None and fault.waiting is not None:
            return f'{fault.waiting}: Back-off pulling image "{container["image"]}"'
        home = self.folder / f"{step}-{before}"
        home.mkdir(parents=True)
        values = {each["name"]: self._filled(each["value"], step, before) for each in container.get("env", [])}
        for each in asked.get("secretAsEnv", []):
            for pair in each["keyToEnv"]:
                values[pair["envVar"]] = self.secrets[each["secretName"]][pair["secretKey"]]
        environment = {**bare_environment(home), **self.environment, **values}
        arguments = [self._filled(each, step, before) for each in container.get("args", [])]
        deadline = time.monotonic() + int(asked.get("activeDeadlineSeconds", 10**6))
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [*container["command"], *arguments],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            while process.poll() is None:
                over = time.monotonic() > deadline
                killed = fault and fault.kill and fault.kill((home / "log").read_text(errors="replace"))
                if over or killed or self._stopped.is_set():
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    if over:
                        return "Pod was active on the node longer than the specified deadline"
                time.sleep(0.05)
        if process.returncode == 0:
            return ""
        code = process.returncode if process.returncode > 0 else 128 - process.returncode
        return f"{fault.reason if fault else 'Error'} (exit code {code})"

    def _filled(self, text: str, step: str, before: int) -> str:
        """Returns a text with what Kubeflow puts into it."""

        def file(match: re.Match[str]) -> str:
            return str(self._output(step, before, match.group(1)))

        filled = text.replace("{{$.pipeline_job_name}}", self.name)
        filled = re.sub(r"\{\{\$\.outputs\.parameters\['([\w-]+)'\]\.output_file\}\}", file, filled)
        assert "{{$" not in filled, f"Kubeflow would leave {filled} as it is"
        return filled

    def _output(self, step: str, before: int, key: str) -> Path:
        return self.folder / f"{step}-{before}" / "outputs" / key


def _needed(task: Spec) -> set[str]:
    return set(task.get("dependentTasks", [])) | set(_producers(task))


def _producers(task: Spec) -> Iterator[str]:
    for value in task.get("inputs", {}).get("parameters", {}).values():
        if "taskOutputParameter" in value:
            yield value["taskOutputParameter"]["producerTask"]


def _holds(task: Spec, given: Mapping[str, str]) -> bool:
    condition = task.get("triggerPolicy", {}).get("condition")
    if condition is None:
        return True
    found = _CONDITION.match(condition)
    assert found is not None, f"no runner for the condition {condition}"
    return given[found.group(1)] == found.group(2)
