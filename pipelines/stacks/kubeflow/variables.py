"""Environment variables of a pod, as far as they may stand in a specification that Kubeflow keeps and shows."""

from collections.abc import Mapping
from typing import Final

from kfp.dsl import PIPELINE_JOB_NAME_PLACEHOLDER
from zenml.integrations.kubeflow.orchestrators.kubeflow_orchestrator import ENV_KFP_RUN_ID

from medimage.config.stack.kubeflow import KubeflowConfig
from medimage.config.stack.secret_reference import names_a_secret
from medimage.errors import StackError

_LOGINS: Final = ("ZENML_STORE_API_KEY", "ZENML_STORE_API_TOKEN")
"""How a pod logs in at the ZenML server."""


def written_variables(environment: Mapping[str, str], pods: KubeflowConfig) -> dict[str, str]:
    """Returns what a pod is given in writing; what is secret, the cluster gives it.

    Args:
        environment: What ZenML would give it.
        pods: What all pods are given.

    Raises:
        StackError: If the pod would have no login at a ZenML server that asks for one.
    """
    by_cluster = {each.variable for each in pods.secret_variables}
    if any(name in environment for name in _LOGINS) and not by_cluster.intersection(_LOGINS):
        raise StackError(
            "Pods would have no login at the ZenML server: Kubeflow keeps and shows what a run is given, so it is not "
            "given that of this command. Put an API key of a service account (zenml service-account create NAME) into "
            "a secret of the cluster, and name it in kubeflow.secret_variables as ZENML_STORE_API_KEY "
            "(docs/how-to/kubeflow.md)."
        )
    written = {name: value for name, value in environment.items() if not names_a_secret(name)}
    # Kubeflow fills in the name of the run, by which ZenML knows which pods belong together.
    written[ENV_KFP_RUN_ID] = PIPELINE_JOB_NAME_PLACEHOLDER
    return {name: value for name, value in written.items() if name not in by_cluster}
