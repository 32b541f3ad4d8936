"""What went wrong between two machines, told without addresses: those of downloads hold signatures."""

from http import HTTPStatus

import requests

from medimage.data.sources.retry import TransientError
from medimage.errors import DataError

_PERMANENT = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.TooManyRedirects,
    requests.exceptions.InvalidHeader,
)


def failure_of(error: requests.RequestException | ValueError, *, server: str) -> TransientError | DataError:
    """Returns an error of our own for one of the HTTP library, which must not be chained to it.

    Args:
        error: What the library has raised; a plain ValueError is about an address. Its text may hold a signed address,
            its request the credentials.
        server: The server that was asked, for people to read.
    """
    if isinstance(error, _PERMANENT) or not isinstance(error, requests.RequestException):
        return DataError(
            f"The address that {server} gave or was set to cannot be used ({type(error).__name__}). Check "
            "KAGGLE_API_ENDPOINT and the proxy settings of this machine, where they are set."
        )
    reason = _system_reason(error)
    if "certificate" in reason.lower():
        return DataError(
            f"The certificate of {server} cannot be trusted: {reason}. Behind a proxy that opens connections, set "
            "REQUESTS_CA_BUNDLE to the file of its certificates."
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return TransientError(f"the proxy to {server} cannot be reached{_in_brackets(reason)}")
    if isinstance(error, requests.exceptions.Timeout):
        return TransientError(f"{server} did not answer in time")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return TransientError(f"the connection to {server} broke{_in_brackets(reason)}")
    return TransientError(f"the connection to {server} could not be made or broke{_in_brackets(reason)}")


def is_success(status: int) -> bool:
    """Returns whether a status is one of the 2xx."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _system_reason(error: BaseException) -> str:
    """Returns what the operating system says at the bottom of a chain of errors; empty where it says nothing."""
    found = ""
    step: BaseException | None = error
    while step is not None:
        if isinstance(step, OSError) and step.strerror:
            found = str(step.strerror)
        step = step.__cause__ or step.__context__
    return found


def _in_brackets(reason: str) -> str:
    return f" ({reason})" if reason else ""
