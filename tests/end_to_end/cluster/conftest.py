"""A stand-in for a cluster, a ZenML server and an S3 server, shared by the tests of this folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimage.config.stack.step_classes import STEP_CLASSES
from tests.support.clusters import StoodInCluster, cluster_of, mlflow_server, stack_file, zenml_server
from tests.support.s3_server import BUCKET, KEY, SECRET, s3_server
from tests.support.troubled_store import troubled_store

GPU = {
    "cpu": 6,
    "memory": "32Gi",
    "gpus": 1,
    "node_selectors": {"accelerator": "nvidia"},
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
    "shared_memory": "8Gi",
}
NEEDS = {"retries": 1, "run_minutes": 15, "start_minutes": 5}
QUICK = [name for name, of_class in STEP_CLASSES.items() if of_class == "evaluation"] + [
    "validate_dataset",
    "split_dataset",
    "audit_shortcuts",
    "compute_normalization",
    "report_formats",
    "measure_reference",
    "link_model_version",
]
"""Steps that take less than the start of a pod here, and so run in the one that starts the others."""

HIDDEN = "what-no-manifest-may-show"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoodInCluster]:
    """A cluster with a stack registered from a definition by the command."""
    folder = tmp_path_factory.mktemp("cluster")
    for package in ("boto3", "moto", "kubernetes_validate", "kubernetes", "s3fs"):
        pytest.importorskip(package, reason=f"{package} is missing: it comes with the extras dev and kubernetes")
    with (
        s3_server(folder / "s3") as behind,
        troubled_store(behind) as store,
        zenml_server(folder / "zenml") as server,
        mlflow_server(folder / "mlflow") as mlflow,
        cluster_of(folder / "cluster", server=server) as cluster,
    ):
        make_secret(cluster, "test-s3", access_key=KEY, secret_key=SECRET)
        make_secret(cluster, "test-pods", HIDDEN=HIDDEN)
        definition = stack_file(
            folder / "stack.yaml",
            artifact_store={
                "kind": "s3",
                "path": f"s3://{BUCKET}/artifacts",
                "endpoint": store.address,
                "key": "{{test-s3.access_key}}",
                "secret": "{{test-s3.secret_key}}",
            },
            tracking={"uri": mlflow},
            environment={"PLAIN": "plain", "OMP_NUM_THREADS": "1"},
            secrets=["test-pods"],
            steps={
                "default": NEEDS,
                "by_class": {"training": GPU},
                "by_name": {name: {"apart": False} for name in QUICK},
            },
            fan_out={"pixels": 2, "inference": 3, "least_images": 10},
        )
        cluster.definition, cluster.store, cluster.mlflow = definition, store, mlflow
        registered = cluster.run("pipelines.register_stack", "--stack", str(definition))
        assert registered.returncode == 0, registered.stderr
        yield cluster


def make_secret(cluster: StoodInCluster, name: str, **values: str) -> None:
    """Makes a secret of ZenML as a user does."""
    command = [str(Path(sys.executable).with_name("zenml")), "secret", "create", name]
    command += [f"--{key}={value}" for key, value in values.items()]
    subprocess.run(command, env=dict(cluster.variables), check=True, capture_output=True)
