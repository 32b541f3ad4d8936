"""The Kubeflow Pipelines API: a login, a first question, and what is told where it does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests

from medimage.errors import StackError
from medimage.hidden_credentials import hide_credentials

_SECONDS: Final = 20
"""How long the API may take to answer a first question."""

_EXPIRED: Final = (
    "it may have expired, or have no rights in kubeflow.namespace: put a new one into ZenML's secret with zenml secret "
    "update"
)

_HEALTH: Final = "/apis/v2beta1/healthz"
_REFUSED: Final = (401, 403)
_TEMPORARY: Final = (302, 303, 307)
"""Where a login page stands before the API, it sends everybody there who has no session."""


class LoginRefusedError(StackError):
    """The API does not take the login, or not any more, and asking again will not change that."""


def api_problem(
    host: str, *, token: str | None, cookie: str | None, ca_certificate: str | None, seconds: float = _SECONDS
) -> str | None:
    """Asks the API whether it is there, and returns what keeps it from being used; None where nothing does.

    Args:
        host: Its address.
        token: Bearer token.
        cookie: Session cookie.
        ca_certificate: File of an authority's certificate.
        seconds: How long it may take.
    """
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    headers |= {} if cookie is None else {"Cookie": cookie}
    address = f"{host.rstrip('/')}{_HEALTH}"
    try:
        answer = requests.get(
            address, headers=headers, timeout=seconds, allow_redirects=False, verify=ca_certificate or True
        )
    except requests.exceptions.SSLError as error:
        return (
            f"Kubeflow at {host}: its certificate is not trusted here ({_line(error)}); name its authority's in "
            "kubeflow.ca_certificate"
        )
    except (requests.RequestException, OSError) as error:
        return (
            f"Kubeflow at {host}: it does not answer ({type(error).__name__}); look whether it runs and can be reached "
            "from here, and check kubeflow.host"
        )
    if answer.status_code in (*_REFUSED, *_TEMPORARY):
        return _login_refused(host, answer.status_code, given=token is not None or cookie is not None)
    if answer.status_code != requests.codes.ok or "json" not in answer.headers.get("Content-Type", ""):
        return (
            f"Kubeflow at {host}: this is not the Kubeflow Pipelines API (it answers {answer.status_code} to "
            f"{_HEALTH}); check kubeflow.host, which most often ends with /pipeline"
        )
    return None


def open_client(
    host: str, *, token: str | None, cookie: str | None, ca_certificate: str | None, namespace: str | None
) -> Any:
    """Returns Kubeflow's own client.

    Args:
        host: Address of the API.
        token: Bearer token.
        cookie: Session cookie.
        ca_certificate: File of an authority's certificate.
        namespace: Namespace of the user; None where Kubeflow has one for all.

    Raises:
        StackError: If the API does not answer, or refuses the login.
    """
    problem = api_problem(host, token=token, cookie=cookie, ca_certificate=ca_certificate)
    if problem is not None:
        told, _, advice = problem.rpartition("; ")
        raise StackError(f"The run was not begun. {told}. {advice[:1].upper()}{advice[1:]}.")
    from kfp.client import Client  # noqa: PLC0415

    # The client takes the name `kubeflow` for "no namespace of a user".
    own: dict[str, Any] = {} if namespace is None else {"namespace": namespace}
    return Client(host=host, existing_token=token, cookies=cookie, ssl_ca_cert=ca_certificate, **own)


@contextmanager
def api_errors_told(host: str, *, doing: str) -> Iterator[None]:
    """Tells errors of the API in one paragraph.

    Args:
        host: Its address.
        doing: What was asked of it, such as `take the run`.

    Raises:
        LoginRefusedError: If the API refuses the login.
        StackError: In place of whatever else the client raises.
    """
    from kfp_server_api.exceptions import ApiException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        yield
    except ApiException as error:
        if error.status in _REFUSED:
            told, _, advice = _login_refused(host, error.status, given=True).rpartition("; ")
            raise LoginRefusedError(f"{told}. {advice[:1].upper()}{advice[1:]}.") from error
        raise StackError(f"Kubeflow at {host} did not {doing}: {error.status} {_of_body(error)}") from error
    except HTTPError as error:
        raise StackError(
            f"Kubeflow at {host} did not {doing}: it does not answer ({type(error).__name__}). Look whether it runs "
            "and can be reached from here."
        ) from error


def require_run(found: Any, run_id: str, *, host: str) -> None:
    """Does nothing where what answered is the API.

    Once a session is over, a login page that stands before the API answers in its place, and the client makes a run
    without any value of it.

    Args:
        found: The run, as the client has it.
        run_id: Which one was asked for.
        host: Address of the API.

    Raises:
        LoginRefusedError: If it is another page.
    """
    if found.run_id != run_id:
        raise LoginRefusedError(
            f"Kubeflow at {host}: another page answers in its place, most often one that asks for a login; the one "
            f"that was given is refused: {_EXPIRED}."
        )


def _login_refused(host: str, status: int, *, given: bool) -> str:
    if not given:
        return (
            f"Kubeflow at {host}: it asks for a login ({status}); name one in kubeflow.token or kubeflow.cookie, as "
            "'{{secret.key}}' of ZenML"
        )
    return f"Kubeflow at {host}: it refuses the login ({status}); {_EXPIRED}"


def _of_body(error: Any) -> str:
    return hide_credentials(" ".join(str(error.body or error.reason or "without a word").split()))[:400]


def _line(error: BaseException) -> str:
    return hide_credentials(" ".join(str(error).split()))[:200]
