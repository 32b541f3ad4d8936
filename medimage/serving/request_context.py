"""What the service knows of a request beside what is in it."""

import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from medimage.serving.admission import Admission
from medimage.serving.settings import ServiceSettings

_KEY = "medimage.request"


@dataclass(kw_only=True)
class RequestContext:
    """Travels with a request from the guard to the answer.

    Attributes:
        settings: How the service is set up.
        admission: What is taken on at a time.
        caller: Name of the token that the request came with; None where none is asked for.
        images: Images of this request that were taken on.
        upload_bytes: Bytes of their files.
        is_over: Whether it has been answered, or given up because it took too long: nobody waits for more of it.
        begun: When it began to arrive, by the monotonic clock, in seconds.
    """

    settings: ServiceSettings
    admission: Admission
    caller: str | None = None
    images: int = 0
    upload_bytes: int = 0
    is_over: bool = False
    begun: float = field(default_factory=time.monotonic)

    @property
    def is_late(self) -> bool:
        """Whether it has taken so long that no further file can be answered before it is given up."""
        return time.monotonic() - self.begun > self.settings.answer_seconds

    def take_on(self, *, images: int, upload_bytes: int) -> bool:
        """Asks for room for the images of this request, and returns whether there is."""
        if not self.admission.enter(images=images, upload_bytes=upload_bytes):
            return False
        self.images, self.upload_bytes = images, upload_bytes
        return True

    def finish(self) -> None:
        """Gives the room back, and stops what is still worked on."""
        self.is_over = True
        self.admission.leave(images=self.images, upload_bytes=self.upload_bytes)
        self.images = self.upload_bytes = 0

    def attach(self, scope: MutableMapping[str, Any]) -> None:
        """Puts itself into an ASGI scope."""
        scope[_KEY] = self

    @classmethod
    def of(cls, scope: MutableMapping[str, Any]) -> "RequestContext":
        """Returns what was put into an ASGI scope."""
        return scope[_KEY]
