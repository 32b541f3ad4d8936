"""Why a file is not accepted as an image, a request not answered, or the service not started."""

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
    NO_NUMBER = "no_number"


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


class RequestRefusal(StrEnum):
    """Kind of refusal of a whole request, for counting."""

    NOT_FOUND = "not_found"
    METHOD = "method"
    UNAUTHORIZED = "unauthorized"
    OVERLOADED = "overloaded"
    NO_ROOM = "no_room"
    NOT_MULTIPART = "not_multipart"
    NOT_JSON = "not_json"
    ENCODED = "encoded"
    MALFORMED = "malformed"
    NO_FILE = "no_file"
    TOO_LARGE = "too_large"
    TOO_MANY_FILES = "too_many_files"
    TOO_SLOW = "too_slow"
    NOT_WRITTEN = "not_written"
    UNKNOWN_CLASS = "unknown_class"
    UNKNOWN_LAYER = "unknown_layer"
    NO_HEAT_MAPS = "no_heat_maps"


class ServiceNotStartedError(Exception):
    """The service cannot be started as it is set up; the message is for the person who starts it."""
