"""The rest of a request that is refused before all of it has come."""

import asyncio
import time

from starlette.types import Message, Receive, Scope

_HAVE_BODIES = (b"content-length", b"transfer-encoding")


class RequestBody:
    """Hands the body of a request on, and knows whether all of it has been read.

    Most clients send all of a request before they look for an answer, which a connection that is closed too soon would
    take from them; and one that is not closed may be sent to for ever. So what is left is read for as long as an upload
    may take, and then the connection is closed.

    Args:
        scope: The request.
        receive: Where its body comes from.
        seconds: Time in which it must have come whole.
    """

    def __init__(self, scope: Scope, receive: Receive, *, seconds: float) -> None:
        headers = dict(scope["headers"])
        self._receive = receive
        self._deadline = time.monotonic() + seconds
        self._is_read = not any(name in headers for name in _HAVE_BODIES)
        # A client that asks beforehand sends nothing before somebody reads (RFC 9110, section 10.1.1).
        self._waits_for_us = b"100-continue" in headers.get(b"expect", b"").lower()

    async def receive(self) -> Message:
        """Returns the next message of the request."""
        message = await self._receive()
        self._waits_for_us = False
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_read = True
        return message

    async def discard_rest(self) -> bool:
        """Reads what is left and drops it; returns whether the connection can be used again."""
        if self._waits_for_us and not self._is_read:
            return False
        try:
            async with asyncio.timeout(max(0.0, self._deadline - time.monotonic())):
                while not self._is_read:
                    await self.receive()
        except TimeoutError:
            return False
        return True
