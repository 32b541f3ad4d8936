"""A single file that is not answered, with the sentence that says why."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from medimage.serving.refusal import ImageRefusedError, RefusalReason

_STATUS = {
    RefusalReason.NOT_AN_IMAGE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.UNSUPPORTED_ENCODING: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.TOO_MANY_PIXELS: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RefusalReason.NO_NUMBER: HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, kw_only=True)
class RefusedImage:
    """A refusal.

    Attributes:
        reason: Why, for counting.
        status: The status to answer with.
        message: One or two sentences for the person who sent the file.
    """

    reason: RefusalReason
    status: HTTPStatus
    message: str

    @classmethod
    def of(cls, error: ImageRefusedError | FloatingPointError) -> Self:
        """Returns the refusal of what is no acceptable image, or of what the network has no number for."""
        if isinstance(error, ImageRefusedError):
            reason, message = error.reason, str(error)
        else:
            # What the network gave instead is for the log of the service.
            reason, message = RefusalReason.NO_NUMBER, "The model finds no number for this image, and so no answer."
        return cls(reason=reason, status=_STATUS.get(reason, HTTPStatus.BAD_REQUEST), message=message)
