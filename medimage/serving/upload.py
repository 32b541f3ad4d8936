"""The image files of an HTTP request, or why there are none."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from medimage.serving.refusal import RequestRefusal
from medimage.serving.refused_request import NO_ROOM, OVERLOADED, RefusedRequest
from medimage.serving.request_context import RequestContext

FIELD = "image"
"""Name of the multipart field that holds a file; it is repeated for several."""

# The form needs no other field; a few are tolerated because form builders add some.
_MAXIMUM_FIELDS = 8

logger = logging.getLogger(__name__)

_HOW = f"Send the image file as multipart/form-data in the field '{FIELD}'."


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """One file.

    Attributes:
        data: Its bytes.
        name: Its name as it was sent; may be empty.
    """

    data: bytes
    name: str


class _GrownError(Exception):
    """The body grew beyond a limit while it was read."""

    def __init__(self, refusal: RefusedRequest) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


async def read_upload(request: Request, *, maximum_files: int) -> tuple[UploadedFile, ...] | RefusedRequest:
    """Reads the files in the field `image` of a multipart request, which the guard let in, and takes them on.

    Only files are accepted. A text value is refused, whatever it holds: a server that fetched addresses on request
    could be used to reach others.

    Args:
        request: The request.
        maximum_files: Files that it may have.

    Returns:
        At least one file, in the order in which they were sent.
    """
    context = RequestContext.of(request.scope)
    settings = context.settings
    form: FormData | RefusedRequest | None = None
    try:
        async with asyncio.timeout(settings.upload_seconds):
            form = await _read_form(request, context, maximum_files)
            if isinstance(form, RefusedRequest):
                return form
            return await _take_files(form, context, maximum_files)
    except TimeoutError:
        return RefusedRequest(
            reason=RequestRefusal.TOO_SLOW,
            status=HTTPStatus.REQUEST_TIMEOUT,
            message=f"The upload did not arrive within {settings.upload_seconds:g} s; send it again.",
        )
    except OSError as error:
        # Larger files lie in the folder for temporary ones while they come, which may be full of those of others.
        logger.error("The files of a request cannot be put down: %s", error)
        return OVERLOADED
    finally:
        if isinstance(form, FormData):
            await form.close()
        context.hand_on()


def refused_content_type(content_type: str) -> RefusedRequest | None:
    """Returns the refusal of a request that is no multipart form; None for one that is.

    Args:
        content_type: The header's value; empty without one.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return None
    came = f"the content type {media_type[:80]!r}" if media_type else "no content type"
    return RefusedRequest(
        reason=RequestRefusal.NOT_MULTIPART,
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        message=f"The request has {came}. {_HOW}",
    )


async def _read_form(request: Request, context: RequestContext, maximum_files: int) -> FormData | RefusedRequest:
    refused = _refused_size(context, _stated_length(request))
    if refused:
        return refused
    # One file more than allowed is let through to be counted, so that the refusal is ours.
    parser = MultiPartParser(
        request.headers,
        _limited(request, context),
        max_files=maximum_files + 1,
        max_fields=_MAXIMUM_FIELDS,
    )
    try:
        return await parser.parse()
    except _GrownError as error:
        return error.refusal
    except ClientDisconnect:
        return _malformed("The upload was broken off.")
    except (MultiPartException, ValueError, LookupError) as error:
        detail = error.message if isinstance(error, MultiPartException) else "The form cannot be read."
        if detail.startswith("Too many files"):
            return _too_many_files(maximum_files)
        return _malformed(f"{detail.rstrip('.')}. {_HOW}")


async def _take_files(
    form: FormData, context: RequestContext, maximum_files: int
) -> tuple[UploadedFile, ...] | RefusedRequest:
    values = form.getlist(FIELD)
    files = [value for value in values if isinstance(value, UploadFile)]
    if len(files) > maximum_files:
        return _too_many_files(maximum_files)
    if not values:
        names = ", ".join(repr(name[:40]) for name in form) or "none"
        message = f"The form has no field '{FIELD}'; its fields are: {names}. {_HOW}"
        return RefusedRequest(reason=RequestRefusal.NO_FILE, status=HTTPStatus.BAD_REQUEST, message=message)
    if len(files) < len(values):
        message = f"The field '{FIELD}' holds text where a file is expected. {_HOW}"
        return RefusedRequest(reason=RequestRefusal.NO_FILE, status=HTTPStatus.BAD_REQUEST, message=message)
    if not context.take_on(images=len(files), upload_bytes=sum(file.size or 0 for file in files)):
        return OVERLOADED
    return tuple([UploadedFile(data=await file.read(), name=file.filename or "") for file in files])


def _refused_size(context: RequestContext, count: int) -> RefusedRequest | None:
    """Returns why no so many bytes more can come; None where they can."""
    settings = context.settings
    if context.received_bytes + count > settings.maximum_upload_bytes:
        message = (
            f"The upload is larger than {settings.maximum_upload_mb} MiB; send a smaller file, or fewer at a time."
        )
        return RefusedRequest(
            reason=RequestRefusal.TOO_LARGE, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message=message
        )
    return NO_ROOM if count > context.receiving.room else None


def _too_many_files(maximum_files: int) -> RefusedRequest:
    most = "one file" if maximum_files == 1 else f"{maximum_files} files"
    return RefusedRequest(
        reason=RequestRefusal.TOO_MANY_FILES,
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        message=f"The request has more than {most}; send them in several requests.",
    )


def _malformed(message: str) -> RefusedRequest:
    return RefusedRequest(reason=RequestRefusal.MALFORMED, status=HTTPStatus.BAD_REQUEST, message=message)


def _stated_length(request: Request) -> int:
    stated = request.headers.get("content-length", "")
    # Longer ones are beyond any limit, and Python converts none of thousands of digits.
    return int(stated[:18]) if stated.isascii() and stated.isdigit() else 0


async def _limited(request: Request, context: RequestContext) -> AsyncGenerator[bytes, None]:
    """Passes the body on, up to the limits: a chunked request states no length."""
    async for chunk in request.stream():
        refused = _refused_size(context, len(chunk))
        if refused or not context.receive(len(chunk)):
            raise _GrownError(refused or NO_ROOM)
        yield chunk
