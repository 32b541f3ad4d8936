"""A ZenML server and a stand-in for a cluster, with a stack registered on both."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import PROJECT
from tests.support.commands import environment, run_module
from tests.support.kubernetes_api import kubernetes_api
from tests.support.kubernetes_cluster import Cluster, Manifest
from tests.support.kubernetes_pods import Fault, PodRunner, Ran
from tests.support.processes import free_port, running_server
from tests.support.troubled_store import TroubledStore

CONTEXT = "test"


@contextmanager
def zenml_server(folder: Path) -> Iterator[str]:
    """Runs a ZenML server in a process of its own, without log-in, and gives its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    with running_server(
        [sys.executable, "-m", "uvicorn", "zenml.zen_server.zen_server_api:app", "--port", str(port)],
        address=address,
        ready="/health",
        cwd=folder,
        environment=environment(
            folder,
            ZENML_CONFIG_PATH=str(folder / "server"),
            ZENML_ANALYTICS_OPT_IN="false",
            ZENML_SERVER_AUTH_SCHEME="NO_AUTH",
            ZENML_SERVER_DEPLOYMENT_TYPE="other",
            ZENML_SERVER_AUTO_ACTIVATE="true",
        ),
        log=folder / "server.log",
    ):
        yield address


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Runs an MLflow server in a process of its own, and gives its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "files"),
    ]
    with running_server(
        command, address=address, ready="/health", cwd=folder, environment=environment(folder), log=folder / "log"
    ):
        yield address


@dataclass(kw_only=True)
class StoodInCluster:
    """A stand-in for a cluster, and how commands reach it.

    Attributes:
        cluster: What it knows.
        variables: Environment of a user of it.
        folder: Holds everything.
        definition: The stack's file, once there is one.
        store: Its S3 server, once there is one.
        mlflow: Address of its MLflow server, once there is one.
    """

    cluster: Cluster
    variables: Mapping[str, str]
    folder: Path
    definition: Path = Path()
    mlflow: str = ""
    store: TroubledStore | None = None

    @property
    def s3(self) -> str:
        """Address of its S3 server."""
        assert self.store is not None
        return self.store.address

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one of the project's commands to its end."""
        return run_module(module, *arguments, variables=self.variables)

    def fail(self, faults: Mapping[str, Fault], *, times: int = 1) -> None:
        """Forgets what has run before, and lets the first pods of steps go wrong.

        Args:
            faults: What goes wrong, by the name of the step; that of the pod that starts the steps is empty.
            times: With how many of a step's pods.
        """
        assert self.cluster.runner is not None
        self.cluster.created.clear()
        self.cluster.runner.forget()
        self.cluster.runner.faults = lambda name, before: faults.get(name) if before < times else None

    def pods(self, step: str) -> list[Manifest]:
        """Returns the jobs that were made for a step since then."""
        return [job for job in self.cluster.jobs() if job["metadata"]["annotations"].get("zenml.io/step-name") == step]

    def ran(self, step: str) -> list[Ran]:
        """Returns when the pods of a step ran, those that are over, since then."""
        assert self.cluster.runner is not None
        return [each for each in self.cluster.runner.ran if each.step == step]


@contextmanager
def cluster_of(folder: Path, *, server: str, **settings: str) -> Iterator[StoodInCluster]:
    """Runs a stand-in for a cluster that has what the definitions of tests name."""
    own = {"ZENML_STORE_URL": server, "ZENML_STORE_TYPE": "rest", "KUBECONFIG": str(folder / "kubeconfig")}
    own |= {"ZENML_DYNAMIC_PIPELINE_MONITORING_INTERVAL": "1", **settings}
    runner = PodRunner(folder=folder / "pods", environment={**own, **image_environment()})
    cluster = Cluster(runner=runner)
    cluster.add("namespaces", "medimage")
    cluster.add("serviceaccounts", "medimage-pipelines")
    cluster.add("serviceaccounts", "medimage-steps")
    folder.mkdir(parents=True, exist_ok=True)
    with kubernetes_api(cluster, kubeconfig=folder / "kubeconfig", context=CONTEXT):
        yield StoodInCluster(cluster=cluster, variables=environment(folder / "client", **own), folder=folder)


def image_environment() -> dict[str, str]:
    """Returns the variables of the training image that are ZenML's, with this project as the code of the image."""
    text = (PROJECT / "docker" / "train.Dockerfile").read_text()
    found = dict(re.findall(r"^(?:ENV)?\s+(ZENML_\w+)=(\S+)", text, re.MULTILINE))
    # Each pod has a folder of its own for these.
    del found["ZENML_CONFIG_PATH"]
    return {name: value.replace("/opt/medimage", str(PROJECT)) for name, value in found.items()}


def stack_file(path: Path, **changes: Any) -> Path:
    """Writes a definition for the stand-in: artifacts on a disk that all processes of this machine see."""
    values = {
        "name": "test-cluster",
        "kind": "kubernetes",
        "kubernetes": {
            "context": CONTEXT,
            "namespace": "medimage",
            "service_account": "medimage-pipelines",
            "step_service_account": "medimage-steps",
            "run_minutes": 20,
            "run_restarts": 1,
        },
        "container_registry": {"uri": "registry.example.org/imaging"},
        "image": {"name": "registry.example.org/imaging/medimage-train:0.1.0"},
        "steps": {"default": {"retries": 1, "run_minutes": 10, "start_minutes": 1}},
        **changes,
    }
    path.write_text(yaml.safe_dump(values))
    return path
