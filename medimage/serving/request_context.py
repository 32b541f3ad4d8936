"""What the service knows of a request beside what is in it."""

import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from medimage.serving.admission import Admission
from medimage.serving.receiving import Receiving
from medimage.serving.settings import ServiceSettings

_KEY = "medimage.request"


@dataclass(kw_only=True)
class RequestContext:
    """Travels with a request from the guard to the answer.

    Attributes:
        settings: How the service is set up.
        admission: What is taken on at a time.
        receiving: What may be on its way in at a time.
        caller: Name of the token that the request came with; None where none is asked for.
        images: Images of this request that were taken on.
        upload_bytes: Bytes of their files.
        received_bytes: Bytes of this request that have come and have not been handed on.
        worked_out: Images that were answered or explained, which those that are refused are not.
        worked_out_seconds: How long they were worked on, one after another, in seconds.
        is_over: Whether it has been answered, or given up because it took too long: nobody waits for more of it.
        begun: When it began to arrive, by the monotonic clock, in seconds.
    """

    settings: ServiceSettings
    admission: Admission
    receiving: Receiving
    caller: str | None = None
    images: int = 0
    upload_bytes: int = 0
    received_bytes: int = 0
    worked_out: int = 0
    worked_out_seconds: float = 0.0
    is_over: bool = False
    begun: float = field(default_factory=time.monotonic)

    @property
    def is_late(self) -> bool:
        """Whether it has taken so long that no further file can be answered before it is given up."""
        return time.monotonic() - self.begun > self.settings.answer_seconds

    def receive(self, count: int) -> bool:
        """Counts bytes of this request that have come, and returns whether there was room for them."""
        if self.is_over or not self.receiving.take(count):
            return False
        self.received_bytes += count
        return True

    def hand_on(self) -> None:
        """Gives back the room of the bytes that came: they lie in no folder for temporary files any longer."""
        self.receiving.give_back(self.received_bytes)
        self.received_bytes = 0

    @contextmanager
    def working_out(self) -> Iterator[None]:
        """Notes how long an image takes. One that ends in an error was not worked out, and is not noted."""
        begun = time.perf_counter()
        yield
        self.worked_out += 1
        self.worked_out_seconds += time.perf_counter() - begun

    def take_on(self, *, images: int, upload_bytes: int) -> bool:
        """Asks for room for the images of this request, and returns whether there is."""
        if not self.admission.enter(images=images, upload_bytes=upload_bytes):
            return False
        self.images, self.upload_bytes = images, upload_bytes
        return True

    def finish(self) -> None:
        """Gives the room back, and stops what is still worked on."""
        self.is_over = True
        self.hand_on()
        self.admission.leave(images=self.images, upload_bytes=self.upload_bytes)
        self.images = self.upload_bytes = 0

    def attach(self, scope: MutableMapping[str, Any]) -> None:
        """Puts itself into an ASGI scope."""
        scope[_KEY] = self

    @classmethod
    def of(cls, scope: MutableMapping[str, Any]) -> "RequestContext":
        """Returns what was put into an ASGI scope."""
        return scope[_KEY]
