"""What a split says about the locked test set that it has."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


def digest_of_test_set(image_ids: Iterable[str], labels: Iterable[str]) -> str:
    """Returns the SHA-256 over the images of a test set with their classes, whatever their order.

    Args:
        image_ids: SHA-256 of each image's bytes.
        labels: Class of each image.
    """
    rows = sorted(zip(image_ids, labels, strict=True))
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class LockReference:
    """Stands for a locked test set.

    Attributes:
        name: Name under which it is locked.
        digest: See `digest_of_test_set`.
        locked_at: When it was locked, in ISO 8601.
    """

    name: str
    digest: str
    locked_at: str

    def __str__(self) -> str:
        return f"test set '{self.name}', locked on {self.locked_at[:10]}, digest {self.digest[:12]}"
