"""An image that could be used, and must not be."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """An image that a split puts nowhere, because training on it would spoil the test.

    Attributes:
        image_id: SHA-256 of its bytes.
        label: Its class.
        group: What it would have to stay together with.
        reason: Why it is in no part: a kind, a colon, and the particulars.
    """

    image_id: str
    label: str
    group: str
    reason: str
