"""What is on its way in is counted byte by byte, and given back however a request ends."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from medimage.serving.admission import Admission
from medimage.serving.receiving import Receiving
from medimage.serving.refused_request import NO_ROOM, OVERLOADED, RefusedRequest
from medimage.serving.request_context import RequestContext
from medimage.serving.settings import PREFIX, ServiceSettings
from medimage.serving.upload import UploadedFile, read_upload

MEBIBYTE = 2**20
BEGIN = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
END = b"\r\n--x--\r\n"


class Ending(Enum):
    """How the body of a request ends."""

    WHOLE = auto()
    BROKEN_OFF = auto()
    NO_FORM = auto()
    TOO_SLOW = auto()
    CANCELLED = auto()


@dataclass(frozen=True)
class Body:
    """A body: what lies between the beginning of its file and its end, in pieces, and how it ends."""

    pieces: tuple[int, ...]
    ending: Ending
    states_length: bool

    def chunks(self) -> list[bytes]:
        begin = b"--y" if self.ending is Ending.NO_FORM else BEGIN
        return [begin, *(bytes(size) for size in self.pieces), END]


BODIES = st.builds(
    Body,
    st.lists(st.integers(0, MEBIBYTE), max_size=4).map(tuple),
    st.sampled_from(Ending),
    st.booleans(),
)


def service_settings(seconds: float = 50) -> ServiceSettings:
    limits = {"MAXIMUM_UPLOAD_MB": "2", "MAXIMUM_RECEIVING_MB": "3", "UPLOAD_SECONDS": str(seconds)}
    return ServiceSettings.from_environment({f"{PREFIX}{name}": value for name, value in limits.items()})


def context_of(receiving: Receiving, *, seconds: float = 50) -> RequestContext:
    admission = Admission(images=64, upload_bytes=512 * MEBIBYTE, seconds=3, answered_at_a_time=2)
    return RequestContext(settings=service_settings(seconds), admission=admission, receiving=receiving)


async def upload(body: Body, receiving: Receiving) -> tuple[UploadedFile, ...] | RefusedRequest | None:
    """Sends a body to `read_upload` as a server would, among others that come at the same time."""
    chunks = body.chunks()
    messages: Iterator[bytes] = iter(chunks[:-1] if body.ending is not Ending.WHOLE else chunks)
    left = len(chunks) if body.ending is Ending.WHOLE else len(chunks) - 1

    async def receive() -> Message:
        nonlocal left
        await asyncio.sleep(0)
        assert 0 <= receiving.room <= 3 * MEBIBYTE
        if left:
            left -= 1
            ends = left == 0 and body.ending in (Ending.WHOLE, Ending.NO_FORM)
            return {"type": "http.request", "body": next(messages), "more_body": not ends}
        if body.ending is Ending.BROKEN_OFF:
            return {"type": "http.disconnect"}
        await asyncio.sleep(30)
        raise AssertionError("nobody ended the request")

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    if body.states_length:
        headers.append((b"content-length", str(sum(map(len, chunks))).encode()))
    context = context_of(receiving, seconds=0.01 if body.ending is Ending.TOO_SLOW else 50)
    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": headers}
    context.attach(scope)
    task = asyncio.ensure_future(read_upload(Request(scope, receive), maximum_files=4))
    if body.ending is Ending.CANCELLED:
        await asyncio.sleep(0.005)
        task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    assert context.received_bytes == 0
    # What the guard does at the end of each.
    context.finish()
    assert not context.receive(1)
    if isinstance(outcome, BaseException):
        assert isinstance(outcome, asyncio.CancelledError)
        return None
    return outcome


@settings(max_examples=60, deadline=None)
@given(st.lists(BODIES, min_size=1, max_size=6))
def test_however_requests_end_their_room_is_given_back(bodies: list[Body]) -> None:
    async def together() -> list[tuple[UploadedFile, ...] | RefusedRequest | None]:
        return await asyncio.gather(*(upload(body, receiving) for body in bodies))

    receiving = Receiving(most_bytes=3 * MEBIBYTE)
    outcomes = asyncio.run(together())
    assert receiving.room == 3 * MEBIBYTE
    for body, outcome in zip(bodies, outcomes, strict=True):
        if isinstance(outcome, tuple):
            assert body.ending is Ending.WHOLE
            assert [len(file.data) for file in outcome] == [sum(body.pieces)]
        elif body.ending is Ending.WHOLE and sum(map(len, body.chunks())) <= 2 * MEBIBYTE:
            assert outcome in (NO_ROOM, OVERLOADED)


@given(st.lists(st.integers(0, MEBIBYTE), max_size=3).map(tuple), st.booleans())
def test_one_request_alone_has_room_and_its_own_limit(pieces: tuple[int, ...], states_length: bool) -> None:
    body = Body(pieces, Ending.WHOLE, states_length)
    outcome = asyncio.run(upload(body, Receiving(most_bytes=3 * MEBIBYTE)))
    assert isinstance(outcome, tuple) == (sum(map(len, body.chunks())) <= 2 * MEBIBYTE)
    if isinstance(outcome, RefusedRequest):
        assert outcome.status == 413


@pytest.mark.parametrize("states_length", [True, False])
def test_where_there_is_no_room_a_request_is_told_to_come_again(states_length: bool) -> None:
    receiving = Receiving(most_bytes=3 * MEBIBYTE)
    held = context_of(receiving)
    assert held.receive(2 * MEBIBYTE)
    assert held.receive(MEBIBYTE // 2)
    large, small = (Body((size,), Ending.WHOLE, states_length) for size in (MEBIBYTE, 1000))
    refused = asyncio.run(upload(large, receiving))
    assert isinstance(refused, RefusedRequest)
    assert (refused.status, refused.headers) == (503, {"Retry-After": "1"})
    assert isinstance(asyncio.run(upload(small, receiving)), tuple)
    held.finish()
    assert isinstance(asyncio.run(upload(large, receiving)), tuple)


def test_a_length_that_is_only_stated_takes_no_room() -> None:
    receiving = Receiving(most_bytes=MEBIBYTE)
    assert not receiving.take(MEBIBYTE + 1)
    assert receiving.room == MEBIBYTE
