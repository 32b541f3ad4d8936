"""A file downloaded over HTTP, however often the connection breaks or the process is ended."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import requests

from medimage.data.sources.http_failures import failure_of
from medimage.data.sources.remote_file import RemoteFile, first_byte
from medimage.data.sources.retry import RetryPolicy, TransientError
from medimage.data.sources.storage import on_disk, require_space, write_all
from medimage.errors import DataError
from medimage.progress import track_bytes

Result = TypeVar("Result")

_CHUNK = 2**16
"""Bytes read at once; what a connection brought before it broke is lost up to this."""

_WEB_PAGES = ("text/html", "application/xhtml", "application/json")


class ResumableDownload:
    """A download into one file, which goes on where an earlier one has stopped, in this process or in another.

    Only one process may work on a file at a time.

    Args:
        request: Opens the download with the given headers; raises `TransientError` where it may be tried again.
        path: The file. A second one beside it says what the first is a part of.
        retry: How often and after which waits it is tried again.
        server: The server, for people to read.
    """

    def __init__(
        self, request: Callable[[dict[str, str]], requests.Response], path: Path, *, retry: RetryPolicy, server: str
    ) -> None:
        self._request = request
        self._path = path
        self._note = path.with_name(f"{path.name}.json")
        self._retry = retry
        self._server = server

    def run(self, *, description: str) -> None:
        """Downloads what is missing.

        Args:
            description: What is being done, for the progress bar.

        Raises:
            DataError: If what the server sends is a web page.
            StorageError: If the disk is full or cannot be written to.
            TransientError: If it has failed as often as it may. What has come is kept.
        """
        self._on_disk(lambda: self._path.parent.mkdir(parents=True, exist_ok=True))
        self._retry.call(lambda: self._attempt(description), progress=self._bytes_there)

    def discard(self) -> None:
        """Removes what has come so far."""
        self._on_disk(lambda: self._note.unlink(missing_ok=True))
        self._on_disk(lambda: self._path.unlink(missing_ok=True))

    def _attempt(self, description: str) -> None:
        known = RemoteFile.from_note(self._note) if self._path.is_file() else None
        there = self._bytes_there()
        if known is None or (known.size is not None and there > known.size):
            self.discard()
            known, there = None, 0
        if known is None or known.size is None or there < known.size:
            with self._request(self._range_headers(known, there)) as answer:
                start, known = self._compare(answer, known, there)
                self._receive(answer, start, known, description)
        self._verify(known)

    @staticmethod
    def _range_headers(known: RemoteFile | None, there: int) -> dict[str, str]:
        if known is None or not there:
            return {}
        # With `If-Range`, a server whose file has changed sends the whole new one (RFC 9110, 13.1.5).
        condition = {"If-Range": known.validator} if known.validator else {}
        return {"Range": f"bytes={there}-", **condition}

    def _compare(self, answer: requests.Response, known: RemoteFile | None, there: int) -> tuple[int, RemoteFile]:
        """Returns where the answer's bytes belong, and what they are a part of."""
        if any(answer.headers.get("Content-Type", "").lower().startswith(kind) for kind in _WEB_PAGES):
            raise self._web_page()
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.discard()
            raise TransientError(f"{self._server} has another file than the one that was begun")
        sent = RemoteFile.of_answer(answer)
        if answer.status_code != HTTPStatus.PARTIAL_CONTENT:
            self._on_disk(lambda: self._path.write_bytes(b""))
            self._on_disk(lambda: sent.write_note(self._note))
            return 0, sent
        if known is None or first_byte(answer) != there or known.differs_from(sent):
            self.discard()
            raise TransientError(f"{self._server} sent another part, or another file, than the one that was begun")
        return there, known

    def _receive(self, answer: requests.Response, start: int, known: RemoteFile, description: str) -> None:
        done = start
        if known.size is not None:
            require_space(self._path.parent, known.size - start, purpose="to download")
        failure = None
        file = self._on_disk(lambda: self._path.open("ab", buffering=0))
        with file, track_bytes(description=description, total=known.size) as progress:
            try:
                for chunk in answer.iter_content(_CHUNK):
                    write_all(self._path, file, chunk)
                    done += len(chunk)
                    progress(done)
            except requests.RequestException as error:
                failure = failure_of(error, server=self._server)
        if failure is not None:
            raise failure
        if known.size is not None and done < known.size:
            raise TransientError(f"the connection to {self._server} ended after {done:,} of {known.size:,} bytes")

    def _verify(self, known: RemoteFile) -> None:
        there = self._bytes_there()
        if known.size is not None and there != known.size:
            self.discard()
            raise TransientError(f"{self._server} sent {there:,} bytes of a file of {known.size:,}")
        if known.md5:
            with self._path.open("rb") as file:
                found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            if found != known.md5:
                self.discard()
                raise TransientError(f"the bytes from {self._server} do not have the checksum that it gives")

    def _bytes_there(self) -> int:
        return self._path.stat().st_size if self._path.is_file() else 0

    def _web_page(self) -> DataError:
        return DataError(
            f"{self._server} sent a web page instead of an archive, as do the pages on which public networks and "
            "proxies ask for a login. Open https://www.kaggle.com in a browser on this machine, and start again."
        )

    def _on_disk(self, action: Callable[[], Result]) -> Result:
        return on_disk(self._path.parent, action)
