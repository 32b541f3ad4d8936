"""The definition of one stack."""

from typing import Literal, Self

from pydantic import Field, model_validator

from medimage.config.names import ResourceName
from medimage.config.section import Section
from medimage.config.stack.components import (
    ArtifactStoreConfig,
    ContainerRegistryConfig,
    ImageConfig,
    KubernetesConfig,
    TrackingServerConfig,
)
from medimage.config.stack.fan_out import FanOutConfig
from medimage.config.stack.kubeflow import KubeflowConfig
from medimage.config.stack.secret_reference import names_a_secret
from medimage.config.stack.steps import StepsConfig

_OF_CLUSTERS = ("container_registry", "image", "tracking")
_KINDS_OF_CLUSTERS = ("kubernetes", "kubeflow")


class StackConfig(Section):
    """Where pipelines run, where their artifacts lie, and what each step needs."""

    name: ResourceName
    """ZenML's name of the stack, and of each of its parts."""

    kind: Literal["local", "kubernetes", "kubeflow"]
    """`local` runs the steps one after the other in the process of the command; `kubernetes` in pods of a cluster;
    `kubeflow` in pods that Kubeflow Pipelines starts."""

    artifact_store: ArtifactStoreConfig = ArtifactStoreConfig()
    """Where artifacts lie."""

    kubernetes: KubernetesConfig | None = None
    """The cluster."""

    kubeflow: KubeflowConfig | None = None
    """The Kubeflow Pipelines."""

    container_registry: ContainerRegistryConfig | None = None
    """Where the cluster pulls the image from."""

    image: ImageConfig | None = None
    """The image that every pod runs."""

    tracking: TrackingServerConfig | None = None
    """The MLflow server. The local stack may do without: its runs use a database in the workspace."""

    environment: dict[str, str] = Field(default={})
    """Further environment variables of every pod. What is secret goes into `secrets`."""

    secrets: tuple[ResourceName, ...] = ()
    """Secrets of ZenML whose keys become environment variables of every pod, such as MLFLOW_TRACKING_PASSWORD,
    AWS_SECRET_ACCESS_KEY, KAGGLE_KEY or MEDIMAGE_SALT."""

    steps: StepsConfig = StepsConfig()
    """What each step needs. The local stack has one machine for all of them."""

    fan_out: FanOutConfig = FanOutConfig()
    """Work on many images that pods share."""

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        foreign = [name for name in _KINDS_OF_CLUSTERS if name != self.kind and getattr(self, name) is not None]
        if self.kind == "local":
            given = [name for name in ("container_registry", "image") if getattr(self, name) is not None]
            given += ["steps"] if self.steps != StepsConfig() else []
            if foreign or given:
                told = ", ".join([*foreign, *given])
                raise ValueError(f"{told}: only a stack of the kind kubernetes or kubeflow has this")
            return self
        if foreign:
            raise ValueError(f"{foreign[0]}: only a stack of the kind {foreign[0]} has this")
        missing = [name for name in (self.kind, *_OF_CLUSTERS) if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a stack of the kind {self.kind} needs {', '.join(missing)} as well")
        if self.kind == "kubeflow" and self.fan_out.at_once is not None:
            raise ValueError("fan_out.at_once: Kubeflow starts every step whose inputs are there; leave it out")
        if self.artifact_store.kind == "local" and not (self.kubernetes and self.kubernetes.local):
            raise ValueError(
                "artifact_store: pods share no disk with this machine, so the kind must be s3; a local store goes with "
                "kubernetes.local: true only"
            )
        return self

    @model_validator(mode="after")
    def _asks_kubeflow_for_what_it_has(self) -> Self:
        if self.kubeflow is None:
            return self
        for place, needs in self.steps.by_place():
            if needs.apart is False:
                raise ValueError(f"{place}.apart: in Kubeflow every step has a pod of its own, so it cannot be false")
            if needs.start_minutes is not None:
                raise ValueError(f"{place}.start_minutes: Kubeflow has no such limit; run_minutes counts the start in")
        named = {each.variable for each in self.kubeflow.secret_variables} & set(self.environment)
        if named:
            raise ValueError(f"environment: {', '.join(sorted(named))} is among kubeflow.secret_variables already")
        return self

    @model_validator(mode="after")
    def _holds_no_secret(self) -> Self:
        secret = [name for name in self.environment if names_a_secret(name)]
        if secret:
            raise ValueError(
                f"environment holds {', '.join(secret)}: keep it in a secret of ZenML (zenml secret create NAME "
                f"--{secret[0]}=…), and name that in secrets"
            )
        return self
