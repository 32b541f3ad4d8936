"""What an answer of Kaggle's web service says."""

import json
from http import HTTPStatus
from typing import Any

import requests

from medimage.data.sources.http_failures import failure_of
from medimage.errors import DataError


def status_of(answer: requests.Response) -> int:
    """Returns the status of an answer; Kaggle writes some errors into the body of a 200."""
    if answer.status_code == HTTPStatus.OK and _is_json(answer):
        code = object_of(answer).get("code")
        return code if isinstance(code, int) and code >= HTTPStatus.BAD_REQUEST else answer.status_code
    return answer.status_code


def object_of(answer: requests.Response) -> dict[str, Any]:
    """Returns the JSON object that an answer holds.

    Raises:
        DataError: If it holds something else.
        TransientError: If it breaks off.
    """
    failure: Exception = DataError(
        "Kaggle answered a question with something else than JSON, as do the pages on which public networks and "
        "proxies ask for a login. Open https://www.kaggle.com in a browser on this machine, and start again."
    )
    try:
        values = json.loads(answer.content) if _is_json(answer) else None
    except (ValueError, RecursionError):
        values = None
    except requests.RequestException as error:
        values, failure = None, failure_of(error, server="Kaggle")
    if isinstance(values, dict):
        return values
    raise failure


def _is_json(answer: requests.Response) -> bool:
    return "application/json" in answer.headers.get("Content-Type", "").lower()
