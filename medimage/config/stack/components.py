"""Parts of a stack: the cluster, the artifact store, the container registry, the image and the tracking server."""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from medimage.config.section import Section
from medimage.config.stack.needs import PodNeeds
from medimage.config.stack.secret_reference import SecretKey
from medimage.hidden_credentials import hide_credentials

Name = Annotated[str, Field(min_length=1)]
S = TypeVar("S", bound=Section)


class VolumeConfig(Section):
    """A volume of the cluster that every step sees."""

    claim: Name
    """Persistent volume claim, in the namespace of the pods."""

    path: Annotated[str, Field(pattern="^/")]
    """Where it is mounted."""

    read_only: bool = True
    """Whether pods can only read it."""


class KubernetesConfig(Section):
    """The cluster that pipelines run in."""

    context: Name
    """Context of the kubeconfig file, as `kubectl config get-contexts` shows it."""

    namespace: Name = "zenml"
    """Namespace of all pods. It must exist."""

    local: bool = False
    """A cluster on this machine that mounts ZenML's local stores, such as k3d. Others need a remote artifact store."""

    service_account: Name
    """Service account of the pod that starts the steps: it may create, look at and delete jobs, and look at pods."""

    step_service_account: Name | None = None
    """Service account of the steps' pods; that of the pod that starts them when not given."""

    image_pull_secrets: tuple[Name, ...] = ()
    """Secrets of the namespace that pull images from a private registry."""

    user: Annotated[int, Field(ge=1)] | None = 10001
    """Numeric user that pods run as, and that owns their volumes; 10001 is the one of the training image. `null` leaves
    it to the image."""

    run_pod: PodNeeds = PodNeeds(cpu=0.5, memory="2Gi")
    """What the pod needs that starts the steps and runs those that have no pod of their own."""

    run_minutes: Annotated[float, Field(gt=0)] = 1440
    """Minutes after which a whole run is ended."""

    run_restarts: Annotated[int, Field(ge=0, le=10)] = 3
    """How often the pod that starts the steps is started again where it dies. Finished steps are kept."""

    kept_seconds: Annotated[int, Field(ge=60)] = 86400
    """Seconds that finished jobs are kept for a look at them."""

    volumes: tuple[VolumeConfig, ...] = ()
    """Volumes with images, which `data.path` names a folder of."""


class ArtifactStoreConfig(Section):
    """Where artifacts lie."""

    kind: Literal["local", "s3"] = "local"
    """`local` is a folder of this machine; `s3` everything that speaks S3's protocol, such as MinIO, Ceph or AWS."""

    path: str | None = None
    """`s3://BUCKET/PREFIX`; of a local one the folder, ZenML's own when not given."""

    endpoint: str | None = None
    """Address of an S3 server other than AWS, as the pods and this machine reach it."""

    region: str | None = None
    """Region of the bucket."""

    key: SecretKey | None = None
    """Access key; that of the environment, or of the machine's role, when not given."""

    secret: SecretKey | None = None
    """Secret access key."""

    @model_validator(mode="after")
    def _goes_with_its_kind(self) -> Self:
        if self.kind == "local":
            given = [name for name in ("endpoint", "region", "key", "secret") if getattr(self, name) is not None]
            if given or (self.path or "").startswith("s3:"):
                raise ValueError(f"{', '.join(given) or 'path'}: only an artifact store of the kind s3 has this")
            return self
        if self.path is None or not self.path.startswith("s3://") or not self.path.removeprefix("s3://").strip("/"):
            raise ValueError(f"path of an artifact store of the kind s3 must be s3://BUCKET/PREFIX but is {self.path}")
        if (self.key is None) != (self.secret is None):
            raise ValueError("key and secret go together: name both, or neither")
        return without_credentials(self, "endpoint")


class ContainerRegistryConfig(Section):
    """Where the cluster pulls the image from."""

    uri: Name
    """Host and path, such as `registry.example.org/imaging`."""


class ImageConfig(Section):
    """The image that every pod runs: that of docker/train.Dockerfile, built and pushed."""

    name: Annotated[str, Field(pattern=r"^\S+$")]
    """Whole name, best with its digest, so that every pod has the same code."""


class TrackingServerConfig(Section):
    """The MLflow server that holds experiments and the model registry."""

    uri: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """Address, as the pods and this machine reach it. Credentials are in `secrets`."""

    @model_validator(mode="after")
    def _has_no_credentials(self) -> Self:
        return without_credentials(self, "uri")


def without_credentials(section: S, *fields: str) -> S:
    """Returns a section whose addresses hold no credentials.

    Raises:
        ValueError: If one does.
    """
    for field in fields:
        value = getattr(section, field)
        if value is not None and hide_credentials(value) != value:
            raise ValueError(
                f"{field} holds a user name, password or token: keep it in a secret of ZenML, and name that in secrets"
            )
    return section
