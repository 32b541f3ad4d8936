"""The parts of a stack as ZenML registers them."""

import json
from dataclasses import dataclass
from typing import Any

from zenml.enums import StackComponentType

from medimage.config.stack.stack import StackConfig
from pipelines.stacks.pod_settings import run_settings


@dataclass(frozen=True, kw_only=True)
class StackPart:
    """One part of a stack.

    Attributes:
        kind: Which part.
        name: Its name.
        flavor: ZenML's name of what it is.
        configuration: Its settings; none for one that is there already and is taken as it is.
    """

    kind: StackComponentType
    name: str
    flavor: str
    configuration: dict[str, Any] | None


def parts_of(stack: StackConfig) -> tuple[StackPart, ...]:
    """Returns the parts of a stack.

    Args:
        stack: Its definition.
    """
    if stack.container_registry is None:
        return (_default(StackComponentType.ORCHESTRATOR), _artifact_store(stack))

    def part(kind: StackComponentType, flavor: str, **configuration: Any) -> StackPart:
        return StackPart(kind=kind, name=stack.name, flavor=flavor, configuration=configuration)

    flavor, configuration = _orchestrator(stack)
    return (
        part(StackComponentType.ORCHESTRATOR, flavor, **configuration),
        _artifact_store(stack),
        part(StackComponentType.CONTAINER_REGISTRY, "default", uri=stack.container_registry.uri),
        part(StackComponentType.IMAGE_BUILDER, "local"),
    )


def _orchestrator(stack: StackConfig) -> tuple[str, dict[str, Any]]:
    """Returns flavor and settings of what starts the steps in a cluster."""
    if stack.kubernetes is not None:
        cluster = stack.kubernetes
        return "kubernetes", {
            # In the pod that starts the steps; where there is no such thing, as on this machine, the context counts.
            "incluster": True,
            "kubernetes_context": cluster.context,
            "kubernetes_namespace": cluster.namespace,
            "local": cluster.local,
            **run_settings(cluster),
        }
    if stack.kubeflow is None:
        raise ValueError(f"Expected a stack with a cluster but {stack.name} has none")
    # Imported here because it needs an extra that other stacks do without.
    from pipelines.stacks.kubeflow.flavor import FLAVOR  # noqa: PLC0415

    given = stack.kubeflow.model_dump(mode="json")
    login = {name: value for name in ("token", "cookie") if (value := given.pop(name)) is not None}
    return FLAVOR, {
        "kubeflow_hostname": given.pop("host"),
        "kubeflow_namespace": stack.kubeflow.namespace or "kubeflow",
        "user_namespace": stack.kubeflow.namespace,
        "pods": given,
        **login,
    }


def _artifact_store(stack: StackConfig) -> StackPart:
    store = stack.artifact_store
    if store.kind == "local" and store.path is None:
        return _default(StackComponentType.ARTIFACT_STORE)
    configuration: dict[str, Any] = {"path": store.path}
    if store.kind == "s3":
        client = {"endpoint_url": store.endpoint, "region_name": store.region}
        configuration |= {
            "key": store.key,
            "secret": store.secret,
            "client_kwargs": json.dumps({name: value for name, value in client.items() if value is not None}),
        }
    return StackPart(
        kind=StackComponentType.ARTIFACT_STORE,
        name=stack.name,
        flavor=store.kind,
        configuration={name: value for name, value in configuration.items() if value is not None},
    )


def _default(kind: StackComponentType) -> StackPart:
    """Returns the part that ZenML makes itself, so that a local stack finds what runs without one have left."""
    return StackPart(kind=kind, name="default", flavor="local", configuration=None)
