"""A retraining that came to its end, and by which it is known again."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class Attempt(BaseModel):
    """An earlier retraining.

    Attributes:
        key: What `AttemptIdentity` gave.
        unseen: Labelled images that it had and that the champion has not seen.
        made: When, in UTC, as ISO 8601.
        sentence: What came of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    unseen: int
    made: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class AttemptIdentity:
    """What is the same in all retrainings that differ in their images alone.

    Were the images part of it, each further one would have the same thing tried again, and wear the test set out.

    Attributes:
        champion: SHA-256 of the champion's graph.
        config_hash: SHA-256 of the configuration.
    """

    champion: str
    config_hash: str

    @property
    def key(self) -> str:
        """SHA-256 of both, in hexadecimal."""
        return hashlib.sha256(f"{self.champion} {self.config_hash}".encode()).hexdigest()
