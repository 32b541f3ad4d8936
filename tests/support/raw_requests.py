"""Requests that no client library would send."""

import asyncio


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
