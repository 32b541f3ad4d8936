"""The cluster of a stack: whether it answers, and has what pods need before they can be made."""

from collections.abc import Iterator
from typing import Any

from medimage.config.stack.components import KubernetesConfig
from medimage.config.suggestions import did_you_mean, nearest_names

_NOT_FOUND = 404
_REFUSED = (401, 403)


def cluster_problems(cluster: KubernetesConfig, *, seconds: float) -> list[str]:
    """Returns what keeps pods from being made in a cluster, each with what to do.

    Args:
        cluster: The cluster.
        seconds: How long its API server may take to answer.
    """
    # Imported here because only such stacks need it.
    from kubernetes import client, config  # noqa: PLC0415

    try:
        contexts: Any = config.list_kube_config_contexts()[0]
    except config.ConfigException as error:
        return [f"cluster: there is no kubeconfig file that can be read ({error}); set KUBECONFIG, or get one"]
    names = [context["name"] for context in contexts]
    if cluster.context not in names:
        hint = did_you_mean(nearest_names(cluster.context, names)) or f"; there are {', '.join(names) or 'none'}"
        return [f"cluster: the kubeconfig file has no context {cluster.context}{hint}"]
    configuration = client.Configuration()
    config.load_kube_config(context=cluster.context, client_configuration=configuration)
    setattr(configuration, "retries", 0)  # noqa: B010  # its type says that it is always None
    with client.ApiClient(configuration) as api:
        return list(_problems_in(client.CoreV1Api(api), cluster, seconds=seconds, server=configuration.host))


def _problems_in(core: Any, cluster: KubernetesConfig, *, seconds: float, server: str) -> Iterator[str]:
    from kubernetes.client import ApiException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    namespace = cluster.namespace
    asked = [("namespace", namespace, lambda: core.read_namespace(namespace, _request_timeout=seconds))]
    for account in dict.fromkeys((cluster.service_account, cluster.step_service_account)):
        if account is not None:
            asked.append(("service account", account, _ask(core.read_namespaced_service_account, account, cluster)))
    for secret in cluster.image_pull_secrets:
        asked.append(("image pull secret", secret, _ask(core.read_namespaced_secret, secret, cluster)))
    for volume in cluster.volumes:
        read = core.read_namespaced_persistent_volume_claim
        asked.append(("persistent volume claim", volume.claim, _ask(read, volume.claim, cluster)))
    for kind, name, ask in asked:
        try:
            ask()
        except ApiException as error:
            if error.status == _NOT_FOUND:
                yield f"cluster {cluster.context}: there is no {kind} {name}; make it (docs/how-to/kubernetes.md)"
                if kind == "namespace":
                    return
            elif error.status not in _REFUSED or kind == "namespace":
                yield f"cluster {cluster.context}: it does not show the {kind} {name} ({error.status} {error.reason})"
        except (HTTPError, OSError) as error:
            yield (
                f"cluster {cluster.context}: its API server {server} does not answer ({type(error).__name__}); look "
                "whether the cluster runs and can be reached from here"
            )
            return


def _ask(read: Any, name: str, cluster: KubernetesConfig) -> Any:
    return lambda: read(name, cluster.namespace, _request_timeout=10)
