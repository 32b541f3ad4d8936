"""A stand-in for Kubeflow and the servers beside it, with a stack registered from a definition by the command."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.clusters import image_environment, zenml_server
from tests.support.commands import environment, run_module
from tests.support.kubeflow_api import Kubeflow, kubeflow_api
from tests.support.s3_server import BUCKET, KEY, SECRET, s3_server

TOKEN = "a-token-that-no-file-may-show"
HIDDEN = "what-no-specification-may-show"
OF_CLUSTER = "what-only-the-cluster-knows"


@dataclass(frozen=True, kw_only=True)
class StoodInKubeflow:
    """A stand-in for Kubeflow, and how commands reach it.

    Attributes:
        kubeflow: What it knows.
        variables: Environment of a user of it.
        folder: Holds everything.
        definition: The stack's file.
        host: Address of the API.
    """

    kubeflow: Kubeflow
    variables: Mapping[str, str]
    folder: Path
    definition: Path
    host: str

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one of the project's commands to its end."""
        return run_module(module, *arguments, variables=self.variables)

    def set_secret(self, verb: str, name: str, **values: str) -> None:
        """Makes or changes a secret of ZenML as a user does: `create` or `update`."""
        command = [str(Path(sys.executable).with_name("zenml")), "secret", verb, name]
        command += [f"--{key}={value}" for key, value in values.items()]
        subprocess.run(command, env=dict(self.variables), check=True, capture_output=True)


@contextmanager
def stood_in_kubeflow(folder: Path) -> Iterator[StoodInKubeflow]:
    """Runs the servers, makes the secrets, and writes the definition; it is not registered yet."""
    with s3_server(folder / "s3") as s3, zenml_server(folder / "zenml") as server:
        own = {"ZENML_STORE_URL": server, "ZENML_STORE_TYPE": "rest"}
        kubeflow = Kubeflow(
            folder=folder / "pods",
            token=TOKEN,
            environment=image_environment(),
            secrets={"of-cluster": {"key": OF_CLUSTER}},
        )
        with kubeflow_api(kubeflow) as host:
            definition = folder / "stack.yaml"
            definition.write_text(yaml.safe_dump(_definition(host=host, s3=s3)))
            stood_in = StoodInKubeflow(
                kubeflow=kubeflow,
                variables=environment(folder / "client", **own),
                folder=folder,
                definition=definition,
                host=host,
            )
            stood_in.set_secret("create", "test-s3", access_key=KEY, secret_key=SECRET)
            stood_in.set_secret("create", "test-pods", HIDDEN=HIDDEN)
            stood_in.set_secret("create", "test-kubeflow", token=TOKEN)
            yield stood_in


def _definition(*, host: str, s3: str) -> dict[str, object]:
    return {
        "name": "test-kubeflow",
        "kind": "kubeflow",
        "kubeflow": {
            "host": host,
            "namespace": "imaging",
            "token": "{{test-kubeflow.token}}",
            "secret_variables": [{"variable": "OF_CLUSTER", "secret": "of-cluster", "key": "key"}],
        },
        "artifact_store": {
            "kind": "s3",
            "path": f"s3://{BUCKET}/artifacts",
            "endpoint": s3,
            "key": "{{test-s3.access_key}}",
            "secret": "{{test-s3.secret_key}}",
        },
        "container_registry": {"uri": "registry.example.org/imaging"},
        "image": {"name": "registry.example.org/imaging/medimage-train:0.1.0"},
        # The small pipeline logs nothing: this answers, which is all that is asked of it.
        "tracking": {"uri": s3},
        "environment": {"PLAIN": "plain", "OMP_NUM_THREADS": "1"},
        "secrets": ["test-pods"],
        "steps": {
            "default": {"retries": 1, "run_minutes": 15},
            "by_class": {"training": {"cpu": 6, "memory": "32Gi", "gpus": 1, "shared_memory": "8Gi"}},
        },
    }
