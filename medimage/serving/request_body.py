"""The rest of a request that is refused before all of it has come."""

import asyncio
import time

from starlette.types import Message, Receive, Scope

_HAVE_BODIES = (b"content-length", b"transfer-encoding")

_MOMENT_SECONDS = 0.1
"""How long an answer waits for what is left of its request: a small request is whole by then."""


class RequestBody:
    """Hands the body of a request on, and knows whether all of it has been read.

    Most clients send all of a request before they look for an answer, which a connection that is closed too soon would
    take from them; and one that is not closed may be sent to for ever. So what is left is read for as long as an upload
    may take, and then the connection is closed. Whoever looks for the answer while sending has it at once.

    Args:
        scope: The request.
        receive: Where its body comes from.
        seconds: Time in which it must have come whole.

    Attributes:
        is_read: Whether all of it has been read, or nothing more will come.
    """

    def __init__(self, scope: Scope, receive: Receive, *, seconds: float) -> None:
        headers = dict(scope["headers"])
        self._receive = receive
        self._deadline = time.monotonic() + seconds
        self.is_read = not any(name in headers for name in _HAVE_BODIES)
        # A client that asks beforehand sends nothing before somebody reads (RFC 9110, section 10.1.1).
        self._waits_for_us = b"100-continue" in headers.get(b"expect", b"").lower()

    async def receive(self) -> Message:
        """Returns the next message of the request."""
        message = await self._receive()
        self._waits_for_us = False
        if message["type"] != "http.request" or not message.get("more_body", False):
            self.is_read = True
        return message

    async def discard_what_is_here(self) -> bool:
        """Drops what comes in a moment; returns whether that is the rest, so that the connection can be used again."""
        await self._discard(until=min(self._deadline, time.monotonic() + _MOMENT_SECONDS))
        return self.is_read

    async def discard_rest(self) -> None:
        """Drops what is left, for as long as an upload may take."""
        await self._discard(until=self._deadline)

    async def _discard(self, *, until: float) -> None:
        if self.is_read or self._waits_for_us:
            return
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                while not self.is_read:
                    await self.receive()
        except TimeoutError:
            return
