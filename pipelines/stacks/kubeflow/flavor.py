"""The flavor of orchestrator that is registered for Kubeflow.

ZenML's own, of 0.98, hands Kubeflow neither GPUs nor memory (it asks for `32GiB`, which Kubeflow refuses), requests,
retries, time limits, node selectors, tolerations, volumes or secrets, writes its login at the ZenML server into the
specification, and waits twenty minutes for a run.
"""

from typing import Any, Final

from pydantic import Field, model_validator
from zenml.integrations.kubeflow.flavors.kubeflow_orchestrator_flavor import (
    KubeflowOrchestratorConfig,
    KubeflowOrchestratorFlavor,
    KubeflowOrchestratorSettings,
)
from zenml.utils.secret_utils import SecretField

from medimage.errors import StackError
from pipelines.static_form import Condition

INSTALL: Final = "pip install 'medimage[kubernetes,kubeflow]'"
"""How to get the packages that are needed."""

FLAVOR: Final = "medimage-kubeflow"
"""Name of the flavor."""

SOURCE: Final = "pipelines.stacks.kubeflow.flavor.MedimageKubeflowFlavor"
"""Where ZenML finds it, here and in pods."""


class MedimageKubeflowSettings(KubeflowOrchestratorSettings):
    """What a step is given."""

    needs: dict[str, Any] = Field(default_factory=dict, description="Needs of the step, as `StepNeeds` has them.")
    only_where: list[Condition] = Field(default_factory=list, description="Decisions that let the step be run.")

    @model_validator(mode="before")
    @classmethod
    def _validate_and_migrate_pod_settings(cls, data: Any) -> Any:
        # In place of ZenML's of that name, which adds settings of pods that nobody has given and nothing reads: a stack
        # would never be found as it was registered.
        return data


class MedimageKubeflowConfig(KubeflowOrchestratorConfig, MedimageKubeflowSettings):
    """What the orchestrator itself is given."""

    token: str | None = SecretField(default=None, description="Bearer token for the Kubeflow Pipelines API.")
    cookie: str | None = SecretField(default=None, description="Session cookie for it, as NAME=VALUE.")
    pods: dict[str, Any] = Field(
        default_factory=dict, description="What all pods are given, as `KubeflowConfig` has it."
    )

    @property
    def is_schedulable(self) -> bool:
        """Whether Kubeflow keeps schedules: it could, with the champion and the data of the day they were made."""
        return False

    @property
    def handles_step_retries(self) -> bool:
        """Whether a step that failed is begun again by Kubeflow, in a pod of its own."""
        return True


class MedimageKubeflowFlavor(KubeflowOrchestratorFlavor):
    """ZenML's flavor with what it leaves out."""

    @property
    def name(self) -> str:
        """Name of the flavor."""
        return FLAVOR

    @property
    def config_class(self) -> type[MedimageKubeflowConfig]:
        """Class of its configuration."""
        return MedimageKubeflowConfig

    @property
    def implementation_class(self) -> Any:
        """Class of the orchestrator.

        Raises:
            StackError: If a package is missing.
        """
        try:
            # Imported here because the Kubeflow client takes a second to import.
            from pipelines.stacks.kubeflow.orchestrator import MedimageKubeflowOrchestrator  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("kfp", "kfp_server_api", "kubernetes"):
                raise
            raise StackError(
                f"The active stack is one of Kubeflow, and {error.name} is missing here: {INSTALL}, or go back to this "
                "machine with python -m pipelines.register_stack --stack configs/stacks/local.yaml."
            ) from error
        return MedimageKubeflowOrchestrator
