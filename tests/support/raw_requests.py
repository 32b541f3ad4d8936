"""Requests that no client library would send."""

import asyncio
from types import TracebackType
from typing import Self


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    received = b""
    try:
        while part := await reader.read(65536):
            received += part
    except ConnectionError:
        # Whoever goes on sending after the connection was closed may lose what was answered.
        pass
    return received


async def exchange(address: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """Sends the parts of a request with pauses, and returns all that comes back until the connection is closed."""
    port = int(address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = asyncio.ensure_future(_all_of(reader))
    try:
        for part in parts:
            if received.done():
                break
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    except ConnectionError:
        pass
    finally:
        answer = await asyncio.wait_for(received, 30)
        writer.close()
    return answer


class RawRequest:
    """A request that is sent bit by bit over a connection of its own, which the block closes.

    Args:
        address: Of the service.
        headers: Lines of its head, beside the method, the path and the form's boundary, which is `x`.
    """

    def __init__(self, address: str, *headers: str) -> None:
        self._port = int(address.rpartition(":")[2])
        lines = ("POST /predict HTTP/1.1", "Host: x", "Content-Type: multipart/form-data; boundary=x", *headers)
        self._head = "\r\n".join((*lines, "", "")).encode()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        await self.send(self._head)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.transport.abort()

    async def send(self, part: bytes) -> None:
        """Sends a part, whether or not anybody listens any longer."""
        try:
            self._writer.write(part)
            await self._writer.drain()
        except ConnectionError:
            # What was answered before can still be read.
            pass

    @property
    def is_answered(self) -> bool:
        """Whether an answer has begun to come."""
        # The stream has no other way to look without taking.
        return bool(self._reader._buffer) or self._reader.at_eof()  # type: ignore[attr-defined]

    async def answer(self, *, seconds: float = 30) -> tuple[int, bytes]:
        """Waits for an answer's head, and returns its status and the head."""
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), seconds)
        return int(head.split(b" ", 2)[1]), head.lower()
