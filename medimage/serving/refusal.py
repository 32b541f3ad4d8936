"""Why a file is not accepted as an image."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """Kind of refusal, for counting and for the HTTP status."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    DAMAGED = "damaged"
    SEVERAL_FRAMES = "several_frames"
    UNSUPPORTED_PIXELS = "unsupported_pixels"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    TRANSPARENT = "transparent"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"


class ImageRefusedError(ValueError):
    """A file that is not decoded, because its pixels would have to be guessed or would exhaust the machine.

    The message is one or two sentences for the person who sent the file. It never repeats content of the file.

    Attributes:
        reason: Kind of refusal.
    """

    def __init__(self, reason: RefusalReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["ImageRefusedError"], tuple[RefusalReason, str]]:
        # Worker processes hand the error back pickled; the default would call the constructor with the message alone.
        return type(self), (self.reason, str(self))
