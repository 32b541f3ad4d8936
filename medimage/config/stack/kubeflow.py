"""The Kubeflow Pipelines that a stack runs in."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from medimage.config.names import FORM
from medimage.config.section import Section
from medimage.config.stack.components import Name, without_credentials
from medimage.config.stack.secret_reference import SecretKey

Address = Annotated[
    str,
    Field(
        pattern=r"^https?://[^\s/]+(/\S*)?$",
        json_schema_extra={FORM: "an address with https:// or http://, such as https://kubeflow.example.org/pipeline"},
    ),
]


class ClaimConfig(Section):
    """A volume of the cluster that every step sees. Kubeflow mounts it to be written to."""

    claim: Name
    """Persistent volume claim, in the namespace of the pods."""

    path: Annotated[str, Field(pattern="^/")]
    """Where it is mounted."""


class SecretVariable(Section):
    """An environment variable of every pod whose value only the cluster knows."""

    variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Its name, such as ZENML_STORE_API_KEY."""

    secret: Name
    """Secret of Kubernetes, in the namespace of the pods."""

    key: Name
    """Key of that secret."""


class KubeflowConfig(Section):
    """The Kubeflow Pipelines that pipelines run in."""

    host: Address
    """Address of the Kubeflow Pipelines API, as this machine reaches it; most often it ends with `/pipeline`."""

    namespace: Name | None = None
    """Namespace of the user, where Kubeflow has several; none where it has one for all."""

    token: SecretKey | None = None
    """Bearer token to log in with, as a key of a secret of ZenML."""

    cookie: SecretKey | None = None
    """Session cookie to log in with, as NAME=VALUE, as a key of a secret of ZenML."""

    ca_certificate: Annotated[str, Field(pattern="^/")] | None = None
    """File on this machine with the certificate of the authority that the API's own one is from; the system's
    authorities when not given."""

    service_account: Name | None = None
    """Service account of the pods; that which Kubeflow was set up with when not given."""

    image_pull_secrets: tuple[Name, ...] = ()
    """Secrets of Kubernetes that pull images from a private registry."""

    user: Annotated[int, Field(ge=1)] | None = 10001
    """Numeric user that containers run as; 10001 is the one of the training image. `null` leaves it to the image."""

    secret_variables: tuple[SecretVariable, ...] = ()
    """Variables of every pod that only the cluster knows. The login of the pods at the ZenML server belongs here, since
    the specification of a run is kept by Kubeflow and shown to everybody who may see the run."""

    volumes: tuple[ClaimConfig, ...] = ()
    """Volumes with images, which `data.path` names a folder of."""

    @model_validator(mode="after")
    def _has_one_login(self) -> Self:
        if self.token is not None and self.cookie is not None:
            raise ValueError("token and cookie are two logins: name one of them")
        if (self.token or self.cookie) and self.host.startswith("http://") and not _is_this_machine(self.host):
            raise ValueError("host must begin with https:// where there is a login, which anybody could read else")
        return without_credentials(self, "host")

    @model_validator(mode="after")
    def _names_variables_once(self) -> Self:
        names = [each.variable for each in self.secret_variables]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"secret_variables: {', '.join(twice)} is there twice")
        return self


def _is_this_machine(address: str) -> bool:
    host = address.removeprefix("http://").partition("/")[0].partition(":")[0]
    return host in ("localhost", "127.0.0.1")
