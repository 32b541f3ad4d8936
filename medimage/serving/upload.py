"""One image from an HTTP request, or why there is none."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

FIELD = "image"
"""Name of the multipart field that holds the file."""

MAXIMUM_UPLOAD_BYTES = 64 * 1024 * 1024
"""Largest request body."""

# The form has one file and needs no other field; a few are tolerated because form builders add some.
_MAXIMUM_FILES = 1
_MAXIMUM_FIELDS = 8

_HOW = f"Send the image file as multipart/form-data in the field '{FIELD}'."


@dataclass(frozen=True, kw_only=True)
class RefusedUpload:
    """A request that holds no usable file.

    Attributes:
        status: The 4xx status to answer with.
        message: One or two sentences for the person who sent the request.
    """

    status: HTTPStatus
    message: str


_TOO_LARGE = RefusedUpload(
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    message=f"The upload is larger than {MAXIMUM_UPLOAD_BYTES // 2**20} MiB; send a smaller file.",
)


class _TooLargeError(Exception):
    """The body grew beyond the limit while it was read."""


async def read_upload(request: Request) -> bytes | RefusedUpload:
    """Reads the file in the field `image` of a multipart request.

    Only a file is accepted. A text value is refused, whatever it holds: a server that fetched addresses on request
    could be used to reach others.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        came = f"the content type {media_type!r}" if media_type else "no content type"
        return RefusedUpload(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message=f"The request has {came}. {_HOW}")
    if _stated_length(request) > MAXIMUM_UPLOAD_BYTES:
        return _TOO_LARGE
    form = await _read_form(request)
    if isinstance(form, RefusedUpload):
        return form
    try:
        return await _read_field(form)
    finally:
        await form.close()


async def _read_form(request: Request) -> FormData | RefusedUpload:
    parser = MultiPartParser(request.headers, _limited(request), max_files=_MAXIMUM_FILES, max_fields=_MAXIMUM_FIELDS)
    try:
        return await parser.parse()
    except _TooLargeError:
        return _TOO_LARGE
    except ClientDisconnect:
        return RefusedUpload(status=HTTPStatus.BAD_REQUEST, message="The upload was broken off.")
    except (MultiPartException, ValueError, LookupError) as error:
        detail = error.message if isinstance(error, MultiPartException) else "The form cannot be read."
        return RefusedUpload(status=HTTPStatus.BAD_REQUEST, message=f"{detail.rstrip('.')}. {_HOW}")


async def _read_field(form: FormData) -> bytes | RefusedUpload:
    value = form.get(FIELD)
    if isinstance(value, UploadFile):
        return await value.read()
    if value is None:
        names = ", ".join(repr(name) for name in form) or "none"
        message = f"The form has no field '{FIELD}'; its fields are: {names}. {_HOW}"
    else:
        message = f"The field '{FIELD}' holds text where a file is expected. {_HOW}"
    return RefusedUpload(status=HTTPStatus.BAD_REQUEST, message=message)


def _stated_length(request: Request) -> int:
    stated = request.headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() else 0


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """Passes the body on, up to the limit: a chunked request states no length."""
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > MAXIMUM_UPLOAD_BYTES:
            raise _TooLargeError
        yield chunk
