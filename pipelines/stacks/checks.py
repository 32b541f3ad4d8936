"""What a stack needs before it is registered: packages, a server, secrets, a cluster, a store to write to."""

import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import requests
from zenml.client import Client
from zenml.enums import StoreType

from medimage.config.stack.components import ArtifactStoreConfig, TrackingServerConfig
from medimage.config.stack.kubeflow import KubeflowConfig
from medimage.config.stack.secret_reference import parts_of
from medimage.config.stack.stack import StackConfig
from medimage.errors import StackError
from medimage.hidden_credentials import hide_credentials
from pipelines.stacks.cluster import cluster_problems
from pipelines.stacks.kubeflow.api import api_problem

_SECONDS = 10
"""How long a server may take to answer."""


def stack_problems(stack: StackConfig) -> list[str]:
    """Returns what keeps a stack from being run on, each with what to do.

    Args:
        stack: Its definition.
    """
    missing = list(_package_problems(stack))
    if missing:
        # Nothing else can be asked without them.
        return missing
    problems = [*_server_problems(stack), *_secret_problems(stack)]
    store_waits_for_secret = any(problem.startswith("secret") for problem in problems)
    if stack.artifact_store.kind == "s3" and not store_waits_for_secret:
        problems += _store_problems(stack.artifact_store)
    if stack.tracking is not None:
        problems += _tracking_problems(stack.tracking)
    if stack.kubernetes is not None:
        problems += cluster_problems(stack.kubernetes, seconds=_SECONDS)
    if stack.kubeflow is not None and not any(problem.startswith("secret") for problem in problems):
        problems += kubeflow_problems(stack.kubeflow)
    return problems


def kubeflow_problems(kubeflow: KubeflowConfig) -> list[str]:
    """Returns what keeps Kubeflow from taking a run, with what to do.

    Args:
        kubeflow: The Kubeflow Pipelines.
    """
    if kubeflow.ca_certificate is not None and not Path(kubeflow.ca_certificate).is_file():
        return [f"Kubeflow: there is no file {kubeflow.ca_certificate}; check kubeflow.ca_certificate"]
    problem = api_problem(
        kubeflow.host,
        token=_secret(kubeflow.token),
        cookie=_secret(kubeflow.cookie),
        ca_certificate=kubeflow.ca_certificate,
        seconds=_SECONDS,
    )
    return [] if problem is None else [problem]


def require_no_problems(stack: StackConfig) -> None:
    """Does nothing where a stack can be run on.

    Args:
        stack: Its definition.

    Raises:
        StackError: With everything that keeps it from that.
    """
    problems = stack_problems(stack)
    if problems:
        lines = "\n".join(f"  - {hide_credentials(problem)}" for problem in problems)
        raise StackError(f"The stack {stack.name} cannot be run on as it is, so nothing was registered:\n{lines}")


def _package_problems(stack: StackConfig) -> Iterator[str]:
    needed = {"kubernetes": "kubernetes"} if stack.kind != "local" else {}
    if stack.kubeflow is not None:
        needed |= {"kfp": "kfp", "kfp-kubernetes": "kfp.kubernetes"}
    if stack.artifact_store.kind == "s3":
        needed |= {"s3fs": "s3fs", "boto3": "boto3"}
    missing = [package for package, module in needed.items() if not _is_installed(module)]
    if missing:
        extras = "kubernetes" if stack.kubeflow is None else "kubernetes,kubeflow"
        yield f"packages: {', '.join(missing)} is missing here; install them with pip install 'medimage[{extras}]'"


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        # The package that the module is a part of is missing.
        return False


def _server_problems(stack: StackConfig) -> Iterator[str]:
    if stack.kind == "local" or (stack.kubernetes is not None and stack.kubernetes.local):
        return
    store = Client().zen_store
    if store.type != StoreType.REST or store.is_local_store():
        yield (
            "ZenML: pods need a server that they can reach, and this workspace has a database of its own at "
            f"{store.url}; deploy one, then zenml login URL, or set ZENML_STORE_URL (docs/how-to/{stack.kind}.md)"
        )


def _secret_problems(stack: StackConfig) -> Iterator[str]:
    wanted: dict[str, set[str]] = {name: set() for name in stack.secrets}
    logins = () if stack.kubeflow is None else (stack.kubeflow.token, stack.kubeflow.cookie)
    for reference in (stack.artifact_store.key, stack.artifact_store.secret, *logins):
        if reference is not None:
            name, key = parts_of(reference)
            wanted.setdefault(name, set()).add(key)
    for name, keys in wanted.items():
        try:
            there = Client().get_secret(name, allow_partial_name_match=False, allow_partial_id_match=False)
        except KeyError:
            shown = " ".join(f"--{key}=…" for key in sorted(keys) or ["VARIABLE"])
            yield f"secret {name}: ZenML has none of that name; make it with zenml secret create {name} {shown}"
            continue
        lacking = sorted(keys - set(there.values))
        if lacking:
            shown = " ".join(f"--{key}=…" for key in lacking)
            yield (
                f"secret {name}: it has no {', '.join(lacking)}, only {', '.join(sorted(there.values)) or 'nothing'}; "
                f"add it with zenml secret update {name} {shown}"
            )


def _store_problems(store: ArtifactStoreConfig) -> Iterator[str]:
    try:
        filesystem = _open_s3(store)
        path = f"{(store.path or '').rstrip('/')}/.medimage-{uuid.uuid4().hex}"
        filesystem.pipe_file(path, b"written by medimage to see whether it can")
        filesystem.rm_file(path)
    except Exception as error:  # Libraries of S3 fail in many ways, and all mean that nothing can be stored.
        where = f" at {store.endpoint}" if store.endpoint else ""
        yield (
            f"artifact store {store.path}{where}: it cannot be written to from here "
            f"({type(error).__name__}: {_first_line(error)}); check endpoint, bucket and key"
        )


def _open_s3(store: ArtifactStoreConfig) -> Any:
    # Imported here because only such stacks need it.
    import s3fs  # noqa: PLC0415

    client = {"endpoint_url": store.endpoint, "region_name": store.region}
    return s3fs.S3FileSystem(
        key=_secret(store.key),
        secret=_secret(store.secret),
        client_kwargs={name: value for name, value in client.items() if value is not None},
        config_kwargs={"connect_timeout": _SECONDS, "read_timeout": _SECONDS, "retries": {"max_attempts": 1}},
        skip_instance_cache=True,
        use_listings_cache=False,
    )


def _secret(reference: str | None) -> str | None:
    if reference is None:
        return None
    name, key = parts_of(reference)
    return Client().get_secret(name, allow_partial_name_match=False).secret_values[key]


def _tracking_problems(server: TrackingServerConfig) -> Iterator[str]:
    try:
        requests.get(f"{server.uri.rstrip('/')}/health", timeout=_SECONDS)
    except requests.RequestException as error:
        yield f"MLflow at {server.uri}: it does not answer ({type(error).__name__}); check tracking.uri and the server"


def _first_line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]
