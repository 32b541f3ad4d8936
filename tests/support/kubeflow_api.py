"""A stand-in for the Kubeflow Pipelines API: it asks for a login, holds specifications to their schemas, and runs them.

It speaks as much of the API, v2beta1, as Kubeflow's own client asks when a run is begun and waited for.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from google.protobuf import json_format
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec, PlatformSpec

from tests.support.kubeflow_runner import KubeflowRun, Spec
from tests.support.kubernetes_pods import Fault

_ROOT = "/pipeline/apis/v2beta1/"
_LOGIN = "/login"


@dataclass(kw_only=True)
class Kubeflow:
    """What the API knows.

    Attributes:
        folder: Holds a folder for each run.
        token: The login that it asks for; none where everybody may use it.
        environment: What every image has set.
        secrets: Secrets of the namespace.
        fault: Returns what goes wrong with a pod.
        is_away: Whether it closes every connection.
        is_silent: Whether it takes every request and answers none.
        fails_with: Status that it answers every request with; none where it is 0.
        sends_to_login: Whether it sends everybody to a login page, as where a session is over.
        experiments: Experiments by id.
        runs: Runs by id, in order.
        bodies: What was sent to begin each run.
        invalid: What is wrong with specifications that were refused.
    """

    folder: Path
    token: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fault: Callable[[str, int], Fault | None] = lambda _step, _before: None
    is_away: bool = False
    is_silent: bool = False
    fails_with: int = 0
    sends_to_login: bool = False
    experiments: dict[str, Spec] = field(default_factory=dict)
    runs: dict[str, KubeflowRun] = field(default_factory=dict)
    bodies: list[Spec] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)

    def fail(self, faults: Mapping[str, Fault], *, times: int = 1) -> None:
        """Lets the first pods of steps of the next runs go wrong.

        Args:
            faults: What goes wrong, by the name of the step.
            times: With how many of a step's pods.
        """
        self.fault = lambda step, before: faults.get(step) if before < times else None

    def begin(self, body: Spec) -> str:
        """Begins a run and returns its id.

        Raises:
            ValueError: If the specification is none.
        """
        pipeline, platform = body["pipeline_spec"]["pipeline_spec"], body["pipeline_spec"].get("platform_spec", {})
        try:
            require_valid(pipeline, platform)
        except json_format.ParseError as error:
            self.invalid.append(str(error))
            raise ValueError(str(error)) from error
        self.bodies.append(body)
        run_id = str(uuid.uuid4())
        run = KubeflowRun(
            name=f"{body['display_name']}",
            pipeline=pipeline,
            platform=platform,
            folder=self.folder / run_id,
            environment=self.environment,
            secrets=self.secrets,
            fault=self.fault,
        )
        self.runs[run_id] = run
        threading.Thread(target=run.run, daemon=True).start()
        return run_id

    @property
    def last(self) -> KubeflowRun:
        """The run that was begun last."""
        return list(self.runs.values())[-1]


def require_valid(pipeline: Spec, platform: Spec) -> None:
    """Does nothing where both parts of a specification are what Kubeflow's schemas say.

    Raises:
        ParseError: If one has a field that there is not, or a value of another type.
    """
    json_format.ParseDict(pipeline, PipelineSpec())
    json_format.ParseDict(platform, PlatformSpec())
    executors = platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})
    for asked in executors.values():
        json_format.ParseDict(asked, KubernetesExecutorConfig())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kubeflow: Kubeflow

    def log_message(self, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        if self.path == _LOGIN:
            self._send(200, b"<html>Log in</html>", kind="text/html")
            return
        if not self._may():
            return
        address = urlsplit(self.path)
        kind, _, name = address.path.removeprefix(_ROOT).partition("/")
        if kind == "healthz":
            self._answer(200, {"multi_user": True})
        elif kind == "experiments":
            asked = json.loads(parse_qs(address.query)["filter"][0])["predicates"][0]["stringValue"]
            found = [one for one in self.kubeflow.experiments.values() if one["display_name"] == asked]
            self._answer(200, {"experiments": found, "total_size": len(found)})
        elif kind == "runs" and name in self.kubeflow.runs:
            self._answer(200, self._told(name))
        else:
            self._answer(404, {"code": 5, "message": f"there is no {self.path}"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if not self._may():
            return
        kind = urlsplit(self.path).path.removeprefix(_ROOT)
        if kind == "experiments":
            experiment = {**body, "experiment_id": str(uuid.uuid4())}
            self.kubeflow.experiments[experiment["experiment_id"]] = experiment
            self._answer(200, experiment)
        elif kind == "runs":
            try:
                self._answer(200, self._told(self.kubeflow.begin(body)))
            except ValueError as error:
                self._answer(400, {"code": 3, "message": str(error)})
        else:
            self._answer(404, {"code": 5, "message": f"there is no {self.path}"})

    def _may(self) -> bool:
        if self.kubeflow.is_away:
            self.close_connection = True
            return False
        if self.kubeflow.is_silent:
            while self.kubeflow.is_silent:
                time.sleep(0.05)
            self.close_connection = True
            return False
        if self.kubeflow.fails_with:
            self._answer(self.kubeflow.fails_with, {"code": 2, "message": "it fails as it was told to"})
            return False
        if self.kubeflow.sends_to_login:
            self._send(302, b"", kind="text/html", Location=_LOGIN)
            return False
        if self.kubeflow.token and self.headers.get("Authorization") != f"Bearer {self.kubeflow.token}":
            self._answer(401, {"code": 16, "message": "Request header error: there is no user identity header"})
            return False
        return True

    def _told(self, run_id: str) -> Spec:
        run = self.kubeflow.runs[run_id]
        details = [
            {"display_name": step, "state": state, **({"error": {"code": 2, "message": error}} if error else {})}
            for step, (state, error) in dict(run.tasks).items()
        ]
        return {
            "run_id": run_id,
            "display_name": run.name,
            "state": run.state,
            "run_details": {"task_details": details},
        }

    def _answer(self, code: int, content: Spec) -> None:
        self._send(code, json.dumps(content).encode(), kind="application/json")

    def _send(self, code: int, data: bytes, *, kind: str, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def kubeflow_api(kubeflow: Kubeflow) -> Iterator[str]:
    """Runs the API until the block ends, and gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"kubeflow": kubeflow}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/pipeline"
    finally:
        for run in kubeflow.runs.values():
            run.stop()
        server.shutdown()
        server.server_close()
