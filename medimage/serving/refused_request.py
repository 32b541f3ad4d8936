"""A request that is not answered, with the sentence that says why."""

from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.responses import JSONResponse

from medimage.serving.refusal import RequestRefusal


@dataclass(frozen=True, kw_only=True)
class RefusedRequest:
    """A refusal.

    Attributes:
        reason: Why, for counting.
        status: The status to answer with.
        message: One or two sentences for the person who sent the request.
        headers: Headers of the answer.
    """

    reason: RequestRefusal
    status: HTTPStatus
    message: str
    headers: dict[str, str] = field(default_factory=dict)

    def to_response(self) -> JSONResponse:
        """Returns the answer."""
        return JSONResponse({"error": self.message}, status_code=self.status, headers=self.headers)


OVERLOADED = RefusedRequest(
    reason=RequestRefusal.OVERLOADED,
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    message="More images wait than can be answered soon; send this one again in a moment.",
    headers={"Retry-After": "1"},
)

NO_ROOM = RefusedRequest(
    reason=RequestRefusal.NO_ROOM,
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    message="More uploads are on their way in than there is room for; send this one again in a moment.",
    headers={"Retry-After": "1"},
)
