"""What reaches a pod: the settings of ZenML's Kubernetes orchestrator, from the definition of a stack.

ZenML's own `ResourceSettings` do not: that orchestrator ignores them.
"""

from typing import Any, Final

from medimage.config.stack.components import KubernetesConfig
from medimage.config.stack.needs import PodNeeds, StepNeeds
from medimage.config.stack.quantities import cpu_quantity

_API_SECONDS: Final = 60
"""An API server that does not answer within this is asked again, and given up after three times."""

_SHARED_MEMORY: Final = "shared-memory"

_Settings = dict[str, Any]


def run_settings(cluster: KubernetesConfig) -> _Settings:
    """Returns the settings of the orchestrator itself: of the pod that starts the steps of a run.

    Args:
        cluster: The cluster.
    """
    return {
        **_of_every_job(cluster),
        "service_account_name": cluster.service_account,
        "orchestrator_pod_settings": _pod(cluster.run_pod, cluster),
        "orchestrator_job_backoff_limit": cluster.run_restarts,
        "active_deadline_seconds": round(cluster.run_minutes * 60),
    }


def step_settings(needs: StepNeeds, cluster: KubernetesConfig) -> _Settings:
    """Returns the settings of a step with a pod of its own.

    Args:
        needs: All that the step needs.
        cluster: The cluster.
    """
    pod = _pod(needs, cluster)
    if needs.gpus:
        resource = needs.gpu_resource or "nvidia.com/gpu"
        for kind in ("requests", "limits"):
            # Kubernetes takes no request of a device that is not its limit.
            pod["resources"].setdefault(kind, {})[resource] = str(needs.gpus)
    if needs.shared_memory is not None:
        pod["volumes"].append(
            {"name": _SHARED_MEMORY, "emptyDir": {"medium": "Memory", "sizeLimit": needs.shared_memory}}
        )
        pod["volume_mounts"].append({"name": _SHARED_MEMORY, "mountPath": "/dev/shm"})  # noqa: S108
    return {
        **_of_every_job(cluster),
        "service_account_name": cluster.step_service_account or cluster.service_account,
        "pod_settings": pod,
        "active_deadline_seconds": None if needs.run_minutes is None else round(needs.run_minutes * 60),
    }


def _of_every_job(cluster: KubernetesConfig) -> _Settings:
    return {"ttl_seconds_after_finished": cluster.kept_seconds, "api_request_timeout": _API_SECONDS}


def _pod(needs: PodNeeds, cluster: KubernetesConfig) -> _Settings:
    requests, limits = {}, {}
    if needs.cpu is not None:
        requests["cpu"] = cpu_quantity(needs.cpu)
    if needs.cpu_limit is not None:
        limits["cpu"] = cpu_quantity(needs.cpu_limit)
    if needs.memory is not None:
        requests["memory"] = needs.memory
    limit = needs.memory_limit or needs.memory
    if limit is not None:
        limits["memory"] = limit
    return {
        "resources": {name: amounts for name, amounts in (("requests", requests), ("limits", limits)) if amounts},
        "node_selectors": dict(needs.node_selectors or {}),
        "tolerations": [each.model_dump(mode="json", exclude_none=True) for each in needs.tolerations or ()],
        "volumes": [
            {
                "name": f"volume-{number}",
                "persistentVolumeClaim": {"claimName": volume.claim, "readOnly": volume.read_only},
            }
            for number, volume in enumerate(cluster.volumes)
        ],
        "volume_mounts": [
            {"name": f"volume-{number}", "mountPath": volume.path, "readOnly": volume.read_only}
            for number, volume in enumerate(cluster.volumes)
        ],
        "image_pull_secrets": list(cluster.image_pull_secrets),
        "additional_pod_spec_args": {} if cluster.user is None else {"security_context": _user(cluster.user)},
    }


def _user(user: int) -> _Settings:
    # The pod's own security context: that of a container, ZenML would send with keys that Kubernetes does not know.
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
