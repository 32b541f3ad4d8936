"""Many large uploads that come slowly, all at once: a packaged Bento takes in what it has room for, and no more."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import numpy as np
import pytest

from medimage.serving.bundle import PackagedBento
from tests.support.images import encode
from tests.support.raw_requests import RawRequest
from tests.support.served import GOOD, Served, serving

MEBIBYTE = 2**20
BEGIN = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.bmp"\r\n\r\n'
LARGE = BEGIN + encode(np.zeros((2000, 1900), np.uint8), "BMP") + b"\r\n--x--\r\n"
"""A form of 3.6 MiB; the service takes 4 MiB in a request and 8 MiB at a time."""

LENGTH = f"Content-Length: {len(LARGE)}"


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits = {"maximum_upload_mb": "4", "maximum_receiving_mb": "8", "upload_seconds": "50"}
    with serving(bento, tmp_path_factory.mktemp("served"), **limits) as served:
        yield served
    assert "Traceback" not in served.log.read_text()


async def good_answer(served: Served) -> int:
    response = await asyncio.to_thread(served.client.post, "/predict", files={"image": GOOD})
    return response.status_code


async def room_for(served: Served, count: int) -> bool:
    """Asks whether there is room for that many bytes, as a client does that waits before it sends."""
    async with RawRequest(served.address, f"Content-Length: {count}", "Expect: 100-continue") as request:
        status, head = await request.answer()
    assert status in (100, 503)
    assert status == 100 or b"retry-after: 1\r\n" in head
    return status == 100


async def until(served: Served, *, has_room: bool, count: int) -> None:
    """Waits until there is room, or none; a test that waits for ever is ended."""
    while await room_for(served, count) is not has_room:
        await asyncio.sleep(0.05)


def in_half_a_minute(test: Callable[[], Awaitable[None]]) -> None:
    """Runs a test in less time than an upload may take, so that nothing is given back because of that limit."""

    async def run() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(run())


def test_many_slow_large_uploads_are_answered_or_told_to_come_again(served: Served) -> None:
    async def upload() -> int:
        async with RawRequest(served.address, LENGTH) as request:
            for start in range(0, len(LARGE), 65536):
                if request.is_answered:
                    break
                await request.send(LARGE[start : start + 65536])
                await asyncio.sleep(0.002)
            status, head = await request.answer()
            assert status != 503 or b"retry-after: 1\r\n" in head
            return status

    async def crowd() -> None:
        statuses = Counter(await asyncio.gather(*(upload() for _ in range(16))))
        assert statuses.keys() == {200, 503}
        assert await good_answer(served) == 200
        assert await room_for(served, 4 * MEBIBYTE)

    in_half_a_minute(crowd)
    assert 'medimage_requests_refused_total{reason="no_room"}' in served.client.get("/metrics").text


def test_room_is_given_back_when_uploads_are_whole_and_when_their_clients_vanish(served: Served) -> None:
    async def hold() -> None:
        async with RawRequest(served.address, LENGTH) as ends, RawRequest(served.address, LENGTH) as vanishes:
            for request in (ends, vanishes):
                await request.send(LARGE[:-1])
            await until(served, has_room=False, count=MEBIBYTE)
            assert await good_answer(served) == 200
            await ends.send(LARGE[-1:])
            assert (await ends.answer())[0] == 200
            await until(served, has_room=True, count=4 * MEBIBYTE)
        await until(served, has_room=True, count=4 * MEBIBYTE)

    in_half_a_minute(hold)


def test_an_upload_without_a_length_is_told_at_once_that_there_is_no_room(served: Served) -> None:
    chunk = b"%x\r\n" % 65536 + bytes(65536) + b"\r\n"

    async def hold() -> None:
        async with RawRequest(served.address, LENGTH) as one, RawRequest(served.address, LENGTH) as other:
            for request in (one, other):
                await request.send(LARGE[:-1])
            await until(served, has_room=False, count=MEBIBYTE)
            async with RawRequest(served.address, "Transfer-Encoding: chunked") as late:
                await late.send(b"%x\r\n" % len(BEGIN) + BEGIN + b"\r\n")
                while not late.is_answered:
                    await late.send(chunk)
                # It has not ended, and is not ended by the time that an upload may take.
                status, head = await late.answer()
                assert status == 503
                assert b"retry-after: 1\r\n" in head
                assert b"connection: close\r\n" in head
        await until(served, has_room=True, count=4 * MEBIBYTE)

    in_half_a_minute(hold)


def test_what_is_larger_than_a_request_may_be_is_told_so_however_much_room_there_is(served: Served) -> None:
    async def stated() -> None:
        async with RawRequest(served.address, f"Content-Length: {5 * MEBIBYTE}", "Expect: 100-continue") as request:
            assert (await request.answer())[0] == 413

    in_half_a_minute(stated)
