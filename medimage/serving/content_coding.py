"""What a compressed request is answered with."""

from http import HTTPStatus

from medimage.serving.refusal import RequestRefusal
from medimage.serving.refused_request import RefusedRequest

_IDENTITY = "identity"
"""The name of no coding at all (RFC 9110, section 8.4.1)."""

_REFUSAL = RefusedRequest(
    reason=RequestRefusal.ENCODED,
    status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    message="The request is compressed (Content-Encoding); send it as it is. Images are compressed in themselves.",
    # By it a client tells a refused coding from a refused type of content (RFC 7694, section 3).
    headers={"Accept-Encoding": _IDENTITY},
)


def refused_content_coding(content_encoding: str) -> RefusedRequest | None:
    """Returns the refusal of a request whose body is encoded; None for one that is sent as it is.

    A small body may hold gigabytes once it is unpacked, and one that is taken as it came would be refused for what it
    is not: a damaged form.

    Args:
        content_encoding: The header's value; empty without one.
    """
    codings = {coding.strip().lower() for coding in content_encoding.split(",")} - {"", _IDENTITY}
    return _REFUSAL if codings else None
