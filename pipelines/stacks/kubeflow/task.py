"""What a task of Kubeflow is given: the needs of its step, and what all pods have."""

from collections.abc import Mapping
from typing import Final

from kfp import kubernetes
from kfp.dsl import PipelineTask

from medimage.config.stack.kubeflow import KubeflowConfig
from medimage.config.stack.needs import StepNeeds
from medimage.config.stack.quantities import cpu_quantity

_SHARED_MEMORY: Final = "shared-memory"
_FIRST_PAUSE, _LONGEST_PAUSE = "30s", "600s"
"""Before a step is begun again; the pause doubles each time."""


def equip(task: PipelineTask, needs: StepNeeds, pods: KubeflowConfig, *, variables: Mapping[str, str]) -> None:
    """Gives a task what its step needs.

    Args:
        task: The task.
        needs: All that the step needs.
        pods: What all pods are given.
        variables: Environment variables, none of them secret.
    """
    # ZenML takes a step's outputs from its own cache. Kubeflow would leave out the step itself, whose outputs it does
    # not know, and ZenML would wait for it.
    task.set_caching_options(enable_caching=False)
    for name, value in sorted(variables.items()):
        task.set_env_variable(name=name, value=value)
    _give_resources(task, needs)
    _place(task, needs)
    if needs.retries:
        task.set_retry(
            num_retries=needs.retries,
            backoff_duration=_FIRST_PAUSE,
            backoff_factor=2.0,
            backoff_max_duration=_LONGEST_PAUSE,
        )
    if needs.run_minutes is not None:
        kubernetes.set_timeout(task, seconds=round(needs.run_minutes * 60))
    _give_of_all_pods(task, pods)


def _give_resources(task: PipelineTask, needs: StepNeeds) -> None:
    if needs.cpu is not None:
        task.set_cpu_request(cpu_quantity(needs.cpu))
    if needs.cpu_limit is not None:
        task.set_cpu_limit(cpu_quantity(needs.cpu_limit))
    if needs.memory is not None:
        task.set_memory_request(needs.memory)
    limit = needs.memory_limit or needs.memory
    if limit is not None:
        task.set_memory_limit(limit)
    if needs.gpus:
        task.set_accelerator_type(needs.gpu_resource or "nvidia.com/gpu").set_accelerator_limit(needs.gpus)
    if needs.shared_memory is not None:
        kubernetes.empty_dir_mount(
            task,
            volume_name=_SHARED_MEMORY,
            mount_path="/dev/shm",  # noqa: S108
            medium="Memory",
            size_limit=needs.shared_memory,
        )


def _place(task: PipelineTask, needs: StepNeeds) -> None:
    for label, value in (needs.node_selectors or {}).items():
        kubernetes.add_node_selector(task, label_key=label, label_value=value)
    for each in needs.tolerations or ():
        kubernetes.add_toleration(task, key=each.key, operator=each.operator, value=each.value, effect=each.effect)


def _give_of_all_pods(task: PipelineTask, pods: KubeflowConfig) -> None:
    for each in pods.secret_variables:
        kubernetes.use_secret_as_env(task, secret_name=each.secret, secret_key_to_env={each.key: each.variable})
    if pods.image_pull_secrets:
        kubernetes.set_image_pull_secrets(task, secret_names=list(pods.image_pull_secrets))
    for volume in pods.volumes:
        kubernetes.mount_pvc(task, pvc_name=volume.claim, mount_path=volume.path)
    if pods.user is not None:
        kubernetes.set_security_context(task, run_as_user=pods.user, run_as_group=pods.user, run_as_non_root=True)
