"""A retraining that came to its end, and by which it is known again."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class Attempt(BaseModel):
    """An earlier retraining.

    Attributes:
        key: What `attempt_key` gave.
        made: When, in UTC, as ISO 8601.
        sentence: What came of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    made: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class AttemptIdentity:
    """What decides which model comes of a retraining, and against what it is judged.

    Attributes:
        champion: SHA-256 of the champion's graph.
        config_hash: SHA-256 of the configuration.
        images_hash: Content hash of all images, the new ones included.
    """

    champion: str
    config_hash: str
    images_hash: str

    @property
    def key(self) -> str:
        """SHA-256 of all three, in hexadecimal."""
        return hashlib.sha256(f"{self.champion} {self.config_hash} {self.images_hash}".encode()).hexdigest()
