"""What an answer that is not the data means, and what to do about it."""

from http import HTTPStatus

from medimage.data.sources.kaggle.credentials import WAYS_TO_LOG_IN
from medimage.errors import ConfigurationError, DataError, MedimageError

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""States of a server that pass; those from 520 on are told by the network in front of Kaggle's servers."""


def refusal(status: int, *, what: str, page: str, origin: str) -> MedimageError:
    """Returns the error for an HTTP status that trying again does not change.

    Args:
        status: The status.
        what: What was asked for, such as `owner/name version 3`.
        page: Address of the dataset's web page.
        origin: Where the credentials come from.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return ConfigurationError(
            f"Kaggle did not accept the credentials from {origin} (401): they are wrong, have ended or were withdrawn. "
            f"Create new ones on the web page of your Kaggle settings. {WAYS_TO_LOG_IN}"
        )
    if status == HTTPStatus.FORBIDDEN:
        return ConfigurationError(
            f"Kaggle does not give {what} to the user of the credentials from {origin} (403). Open {page} as that "
            "user and accept the terms of the dataset there; a private one must be shared with the user by its owner."
        )
    if status == HTTPStatus.NOT_FOUND:
        return ConfigurationError(
            f"Kaggle has no {what} (404). data.kaggle.dataset is the end of the address of the dataset's web page, "
            f"here {page}; data.kaggle.version is one of the versions listed there, or left out for the newest one."
        )
    return DataError(
        f"Kaggle answered {status_text(status)} when asked for {what}, which is neither the data nor a known refusal. "
        f"Open {page} to see whether it can be downloaded there, and start again later."
    )


def status_text(status: int) -> str:
    """Returns a status with its name, where it has one."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
