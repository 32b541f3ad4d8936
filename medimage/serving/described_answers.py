"""What the description of the interface (OpenAPI) says of answers: their types, and every status beside 200."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from medimage.serving.answers import Refusal
from medimage.serving.feedback_request import MAXIMUM_BYTES
from medimage.serving.routes import DOCS_FILES, EXPLAIN, FEEDBACK, PREDICT

COMPONENTS = "#/components/schemas/{model}"
"""Where the description has the type of an answer."""

_ANYWHERE = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service failed; its log tells why.",
    HTTPStatus.GATEWAY_TIMEOUT: "The request took longer than 60 s, and was given up.",
}

_UNAUTHORIZED = {HTTPStatus.UNAUTHORIZED: "A valid token is needed."}

_UPLOAD = {
    HTTPStatus.BAD_REQUEST: (
        "The request or a single file in it cannot be read, or the image is damaged or of a kind that is refused."
    ),
    HTTPStatus.REQUEST_TIMEOUT: "The upload did not arrive in time.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("The upload, the number of its files, or the number of pixels is too large."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "The request is compressed or no multipart form, or the file no image of a format that is read."
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: "The model finds no number for the image.",
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "Too many images wait or are on their way; send the request again after the time that `Retry-After` states, "
        "in seconds."
    ),
}

_OF = {
    PREDICT: _UPLOAD,
    EXPLAIN: {**_UPLOAD, HTTPStatus.CONFLICT: "This model gives no heat maps."},
    FEEDBACK: {
        HTTPStatus.BAD_REQUEST: "The feedback is not as described.",
        HTTPStatus.NOT_FOUND: "The service keeps no feedback: no folder is set for it.",
        HTTPStatus.REQUEST_TIMEOUT: "It did not arrive in time.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"It is larger than {MAXIMUM_BYTES} bytes.",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "It is compressed, or not sent as JSON.",
        HTTPStatus.SERVICE_UNAVAILABLE: (
            "Its log cannot be written, or too much is on its way; send it again after the seconds in `Retry-After`."
        ),
    },
}


_FILE = {
    HTTPStatus.PARTIAL_CONTENT: "The part that the header `Range` asks for.",
    HTTPStatus.NOT_MODIFIED: "The file is still the one that the header `If-None-Match` or `If-Modified-Since` names.",
    HTTPStatus.BAD_REQUEST: "The header `Range` cannot be read.",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "The file has no such part.",
}
"""What Starlette answers for a file, in words of its own."""


def refusals(path: str, *, needs_token: bool) -> dict[str, Any]:
    """Returns what an address answers beside 200, by status.

    Args:
        path: The address.
        needs_token: Whether it is answered with a token alone.
    """
    told = {**(_UNAUTHORIZED if needs_token else {}), **_OF.get(path, {}), **_ANYWHERE}
    return {
        **{str(int(status)): json_answer(text, reference(Refusal)) for status, text in sorted(told.items())},
        **{str(int(status)): {"description": text} for status, text in _FILE.items() if path in DOCS_FILES},
    }


def json_answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the description of an answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def text_answer(description: str, *, media_types: Sequence[str]) -> dict[str, Any]:
    """Returns the description of an answer that is text, of one of these types."""
    return {"description": description, "content": {kind: {"schema": {"type": "string"}} for kind in media_types}}


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """Returns the schema of a type that stands among the components."""
    return {"$ref": COMPONENTS.format(model=model.__name__)}
