"""A warning that goes with an answer and never changes it."""

from dataclasses import dataclass
from enum import StrEnum


class WarningKind(StrEnum):
    """What is unusual about an image, for counting."""

    UNLIKE_TRAINING = "unlike_training"
    SEEN_AS_UNLIKE_TRAINING = "seen_as_unlike_training"
    INVERTED = "inverted"
    CLIPPED = "clipped"
    NEARLY_CONSTANT = "nearly_constant"
    ENLARGED = "enlarged"
    DECODER_WARNED = "decoder_warned"


@dataclass(frozen=True, kw_only=True)
class QualityWarning:
    """One warning.

    Attributes:
        kind: What is unusual.
        message: One or two sentences for the person who reads the answer.
    """

    kind: WarningKind
    message: str
