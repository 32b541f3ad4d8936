"""Requests to a server on this machine, from a process of their own that takes little of its time."""

import asyncio
import contextlib
import resource
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

_HOST = "127.0.0.1"
_BOUNDARY = b"medimage-benchmark"
_ID = b'"prediction_id":"'
_ANSWER_LIMIT_SECONDS = 90
NO_ANSWER = 0
"""Stands for a status where the connection could not be made, or was broken off."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Requests to send. Exactly one of `connections` and `rate` says how.

    Attributes:
        port: Where the server listens.
        images: Encoded images, sent one a request and in turns.
        requests: How many requests.
        connections: As many as this are kept open, each with one request at a time.
        rate: Requests in a second, each sent when it is due, whether or not others are answered, on a connection that
            is free or else a new one. None for as fast as answers come.
    """

    port: int
    images: tuple[bytes, ...]
    requests: int
    connections: int | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        if (self.connections is None) == (self.rate is None):
            raise ValueError("Expected either a number of connections or a rate")


@dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """What became of requests, in the order in which they were answered.

    Attributes:
        began: When each was due, as `time.monotonic` tells it, which is one clock for all processes of a machine.
        seconds: From then to the last byte of its answer.
        status: HTTP status; `NO_ANSWER` where there was none.
        prediction_ids: What the answers with status 200 are called.
        own_seconds: Processor time of the process that sent them.
    """

    began: NDArray[np.float64]
    seconds: NDArray[np.float64]
    status: NDArray[np.int16]
    prediction_ids: tuple[str, ...]
    own_seconds: float

    def count(self, status: int) -> int:
        """Returns how many requests had that status."""
        return int((self.status == status).sum())

    def quantile_ms(self, share: float, *, status: int = 200) -> float:
        """Returns the time in ms that this share of the requests with a status did not exceed."""
        return 1000 * float(np.quantile(self.seconds[self.status == status], share))

    @property
    def rate(self) -> float:
        """Answers of status 200 in a second, from the first request to the last answer."""
        return self.count(200) / float((self.began + self.seconds).max() - self.began.min())


@contextlib.contextmanager
def load_process() -> Iterator[ProcessPoolExecutor]:
    """Gives a process to send requests from: `load_process.submit(send, load)`."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        yield process


def send(load: Load) -> Answered:
    """Sends requests, and returns when all are answered."""
    # Each request that waits holds a connection.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return asyncio.run(_Sender(load).send())


class _Connection(asyncio.Protocol):
    """One connection, on which one request at a time is sent. Reads no more of HTTP than the servers here write."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: Sequence[bytes]) -> tuple[int, bytes]:
        """Returns the status and the body of the answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.writelines(request)
        async with asyncio.timeout(_ANSWER_LIMIT_SECONDS):
            return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answer is None or self._answer.done():
            return
        head = bytes(self._received[:end]).lower()
        _, _, stated = head.partition(b"content-length:")
        length = int(stated.partition(b"\r\n")[0])
        if len(self._received) < end + 4 + length:
            return
        body = bytes(self._received[end + 4 : end + 4 + length])
        self._received.clear()
        if b"connection: close" in head and self._transport is not None:
            self._transport.close()
        self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("The server closed the connection"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Sender:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = [_request(image) for image in load.images]
        self._rows: list[tuple[float, float, int]] = []
        self._prediction_ids: list[str] = []
        self._idle: list[_Connection] = []

    async def send(self) -> Answered:
        own = time.process_time()
        if self._load.rate is None:
            await self._as_answers_come(self._load.connections or 1)
        else:
            await self._when_due(self._load.rate)
        for connection in self._idle:
            connection.close()
        began, seconds, status = zip(*self._rows, strict=True)
        return Answered(
            began=np.array(began),
            seconds=np.array(seconds),
            status=np.array(status, dtype=np.int16),
            prediction_ids=tuple(self._prediction_ids),
            own_seconds=time.process_time() - own,
        )

    async def _as_answers_come(self, connections: int) -> None:
        numbers = iter(range(self._load.requests))

        async def keep_asking() -> None:
            for number in numbers:
                await self._ask(number, due=time.monotonic())

        await asyncio.gather(*[keep_asking() for _ in range(connections)])

    async def _when_due(self, rate: float) -> None:
        begun = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._load.requests):
                due = begun + number / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                tasks.create_task(self._ask(number, due=due))

    async def _ask(self, number: int, *, due: float) -> None:
        try:
            connection = await self._connection()
            status, body = await connection.ask(self._requests[number % len(self._requests)])
        except (OSError, TimeoutError):
            status, body = NO_ANSWER, b""
        else:
            if connection.is_open:
                self._idle.append(connection)
        self._rows.append((due, time.monotonic() - due, status))
        if status == 200 and (at := body.find(_ID)) >= 0:
            begin = at + len(_ID)
            self._prediction_ids.append(body[begin : body.index(b'"', begin)].decode("ascii"))

    async def _connection(self) -> _Connection:
        while self._idle:
            if (connection := self._idle.pop()).is_open:
                return connection
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, _HOST, self._load.port)
        return connection


def _request(image: bytes) -> tuple[bytes, ...]:
    body = (
        b"--" + _BOUNDARY + b"\r\n"
        b'Content-Disposition: form-data; name="image"; filename="image.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + image
        + b"\r\n--"
        + _BOUNDARY
        + b"--\r\n"
    )
    head = (
        b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary="
        + _BOUNDARY
        + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    return head, body
