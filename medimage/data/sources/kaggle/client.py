"""The three questions that are asked of Kaggle's web service.

Kaggle's own client logs in when it is imported, and ends the process where it cannot; it resumes a download within
limits, unpacks without checks, and reaches no other address, so that none of it can be tested. The requests here are
those that it makes (kagglesdk of kaggle 2.2.4).
"""

import os
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import requests

from medimage.data.sources.http_failures import failure_of, is_success
from medimage.data.sources.kaggle.answers import object_of, status_of
from medimage.data.sources.kaggle.credentials import KaggleCredentials
from medimage.data.sources.kaggle.refusals import RETRIED, refusal, status_text
from medimage.data.sources.retry import RetryPolicy, TransientError, asked_wait_s
from medimage.data.sources.signed_addresses import hide_signatures_in_logs
from medimage.errors import DataError

_SERVICE = "https://api.kaggle.com"
_LIFE_OF_TOKENS = "43200s"
"""Twelve hours, as Kaggle's own client asks for."""


class KaggleClient:
    """Asks Kaggle's web service, or the one that KAGGLE_API_ENDPOINT names.

    Args:
        credentials: Who asks.
        retry: How often and after which waits a question is asked again.
    """

    def __init__(self, credentials: KaggleCredentials, *, retry: RetryPolicy) -> None:
        hide_signatures_in_logs()
        self._credentials = credentials
        self._retry = retry
        override = os.environ.get("KAGGLE_API_ENDPOINT", "").rstrip("/")
        # Other servers than the public one have the service below /api, in Kaggle's own client as well.
        self._base = f"{override}/api/v1" if override else f"{_SERVICE}/v1"

    @property
    def origin(self) -> str:
        """Where the credentials come from."""
        return self._credentials.origin

    def newest_version(self, dataset: str) -> int:
        """Returns the number of the newest version of `owner/name`.

        Raises:
            ConfigurationError: If the credentials, the name or the dataset's terms are in the way.
            DataError: If Kaggle cannot be reached or answers something else.
        """
        owner, name = dataset.split("/")
        question = {"ownerSlug": owner, "datasetSlug": name}

        def ask() -> dict[str, Any]:
            with self._post("datasets.DatasetApiService/GetDataset", question, dataset=dataset, what=dataset) as answer:
                return object_of(answer)

        try:
            version = self._retry.call(ask).get("currentVersionNumber")
        except TransientError as error:
            failure = unreachable(error, what=dataset)
        else:
            if isinstance(version, int) and not isinstance(version, bool) and version > 0:
                return version
            failure = DataError(
                f"Kaggle did not say which version of {dataset} is the newest. Name one with --data.kaggle.version N; "
                f"{dataset_page(dataset)} lists them."
            )
        raise failure

    def request_archive(self, dataset: str, version: int, headers: dict[str, str]) -> requests.Response:
        """Opens the download of a version as one archive: whole, or from where the header `Range` says.

        Kaggle answers with the signed address of a storage server, which gets no credentials.

        Raises:
            ConfigurationError: If the credentials, the name, the version or the dataset's terms are in the way.
            DataError: If the answer is no archive.
            TransientError: If it may be tried again.
        """
        owner, name = dataset.split("/")
        question = {"ownerSlug": owner, "datasetSlug": name, "datasetVersionNumber": version}
        what = f"{dataset} version {version}"
        answer = self._post("datasets.DatasetApiService/DownloadDataset", question, dataset=dataset, what=what)
        if not answer.is_redirect:
            return answer
        address = urljoin(answer.url, answer.headers["Location"])
        answer.close()
        stored = self._send(
            "GET", address, headers={**headers, "Accept-Encoding": "identity"}, server="Kaggle's storage"
        )
        if is_success(stored.status_code) or stored.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return stored
        stored.close()
        # A signed address ends after some minutes; the next attempt is given another.
        raise TransientError(
            f"Kaggle's storage answered {status_text(stored.status_code)}",
            asked_wait_s=asked_wait_s(stored.headers.get("Retry-After")),
        )

    def _post(self, method: str, question: dict[str, Any], *, dataset: str, what: str) -> requests.Response:
        if self._credentials.kind == "login":
            self._exchange_login(dataset)
        return self._ask(method, question, authorization=self._credentials.authorization(), dataset=dataset, what=what)

    def _exchange_login(self, dataset: str) -> None:
        """Replaces a login's refresh token by an access token, which ends with this process."""
        question = {
            "refreshToken": self._credentials.secret,
            "apiVersion": "API_VERSION_V1",
            "expirationDuration": _LIFE_OF_TOKENS,
        }
        method = "users.AccountService/GenerateAccessToken"
        with self._ask(method, question, authorization="", dataset=dataset, what="an access token") as answer:
            token = str(object_of(answer).get("token") or "")
        self._credentials = KaggleCredentials(origin=self.origin, kind="token", secret=token)

    def _ask(
        self, method: str, question: dict[str, Any], *, authorization: str, dataset: str, what: str
    ) -> requests.Response:
        headers = {"Authorization": authorization} if authorization else {}
        answer = self._send("POST", f"{self._base}/{method}", headers=headers, question=question, server="Kaggle")
        status = status_of(answer)
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        answer.close()
        if status in RETRIED:
            raise TransientError(
                f"Kaggle answered {status_text(status)}", asked_wait_s=asked_wait_s(answer.headers.get("Retry-After"))
            )
        raise refusal(status, what=what, page=dataset_page(dataset), origin=self.origin)

    def _send(
        self, verb: str, address: str, *, headers: dict[str, str], server: str, question: dict[str, Any] | None = None
    ) -> requests.Response:
        try:
            return requests.request(
                verb,
                address,
                headers={"User-Agent": "medimage", **headers},
                json=question,
                auth=_leave_headers_alone,
                stream=True,
                timeout=self._retry.timeouts_s,
                allow_redirects=verb == "GET",
            )
        except (requests.RequestException, ValueError) as error:
            # The library raises plain ValueErrors for some addresses that a server redirects to.
            failure = failure_of(error, server=server)
        # Raised here, because the library's error holds the request with the credentials.
        raise failure


def dataset_page(dataset: str) -> str:
    """Returns the address of a dataset's web page."""
    return f"https://www.kaggle.com/datasets/{dataset}"


def unreachable(error: TransientError, *, what: str) -> DataError:
    """Returns the error for something that was tried in vain often enough."""
    asked = error.asked_wait_s
    patience = f" It asks to wait {asked:.0f} s." if asked else ""
    return DataError(
        f"Kaggle could not be asked for {what}, or did not send it: {error}.{patience} Check the network, and start "
        "again later; a download goes on where it broke off."
    )


def _leave_headers_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps the HTTP library from sending what ~/.netrc says for a server."""
    return request
