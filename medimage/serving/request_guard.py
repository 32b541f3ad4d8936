"""What every request passes first: known addresses, tokens, and an answer that gives nothing away."""

import logging
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medimage.serving.access_tokens import AccessTokens
from medimage.serving.admission import Admission
from medimage.serving.answering_threads import answered_at_a_time
from medimage.serving.content_coding import refused_content_coding
from medimage.serving.receiving import Receiving
from medimage.serving.refusal import RequestRefusal
from medimage.serving.refused_request import OVERLOADED, RefusedRequest
from medimage.serving.request_body import RequestBody
from medimage.serving.request_context import RequestContext
from medimage.serving.routes import METHODS, OPEN, UPLOADS, WRITE
from medimage.serving.service_metrics import ServiceMetrics
from medimage.serving.settings import ServiceSettings
from medimage.serving.upload import refused_content_type

_HEADERS = {
    # Pages allow themselves more; everything else is data, and nothing of it is to be run or framed.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Set where an answer does not set them itself (OWASP Secure Headers Project)."""

_REQUESTS_PER_WAITING = 4
"""Requests that may be on their way in, by images that may wait: slow ones must not take the room of the others."""

WAITING_BYTES = 512 * 2**20
"""Bytes of the files that may wait: they are held in memory."""

logger = logging.getLogger(__name__)


class RequestGuard:
    """Stands around the whole application, so that no answer goes past it.

    Args:
        app: The application.
        settings: How the service is set up.
        tokens: Who may call; everybody where there are none.
        metrics: Where to count refusals.
    """

    def __init__(
        self, app: ASGIApp, *, settings: ServiceSettings, tokens: AccessTokens, metrics: ServiceMetrics
    ) -> None:
        self._app = app
        self._settings = settings
        self._tokens = tokens
        self._metrics = metrics
        self._admission = Admission(
            images=settings.maximum_waiting,
            upload_bytes=WAITING_BYTES,
            seconds=settings.waiting_seconds,
            answered_at_a_time=answered_at_a_time(settings),
        )
        self._receiving = Receiving(most_bytes=settings.maximum_receiving_bytes)
        self._most_on_their_way = _REQUESTS_PER_WAITING * settings.maximum_waiting
        self._uploading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # BentoML's log of requests fails on other characters, and the answer with it.
        scope["headers"] = [(name, _in_ascii(value)) for name, value in scope["headers"]]
        has_begun = False
        body = RequestBody(scope, receive, seconds=self._settings.upload_seconds)

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                if not await body.discard_what_is_here():
                    headers["Connection"] = "close"
                del headers["server"]
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            elif not body.is_read and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await body.discard_rest()
                message = {"type": message["type"], "body": b""}
            await send(message)

        context = RequestContext(settings=self._settings, admission=self._admission, receiving=self._receiving)
        context.attach(scope)
        refusal = self._refusal(scope, context)
        if refusal:
            self._metrics.count_refused_request(refusal.reason)
            await refusal.to_response()(scope, body.receive, send_with_headers)
            return
        is_upload = scope["path"] in UPLOADS
        self._uploading += is_upload
        try:
            await self._app(scope, body.receive, send_with_headers)
        except Exception:
            logger.exception("A request could not be answered")
            if not has_begun:
                error = JSONResponse({"error": "The service failed; its log tells why."}, status_code=500)
                await error(scope, body.receive, send_with_headers)
        finally:
            self._uploading -= is_upload
            context.finish()

    def _refusal(self, scope: Scope, context: RequestContext) -> RefusedRequest | None:
        path: str = scope["path"]
        methods = METHODS.get(path)
        if methods is None:
            return RefusedRequest(
                reason=RequestRefusal.NOT_FOUND,
                status=HTTPStatus.NOT_FOUND,
                message="There is nothing at this address; see /docs.",
            )
        if scope["method"] not in methods:
            allowed = ", ".join(sorted(methods))
            return RefusedRequest(
                reason=RequestRefusal.METHOD,
                status=HTTPStatus.METHOD_NOT_ALLOWED,
                message=f"This address takes {allowed} only.",
                headers={"Allow": allowed},
            )
        headers = Headers(scope=scope)
        if self._tokens and path not in OPEN:
            context.caller = self._tokens.name_of(headers.get("authorization", ""))
            if context.caller is None:
                return _UNAUTHORIZED
        # Before the form is read: to take it apart would cost those who wait more than the refusal itself.
        if path in UPLOADS and (self._admission.is_full or self._uploading >= self._most_on_their_way):
            return OVERLOADED
        if scope["method"] in WRITE and (
            encoded := refused_content_coding(", ".join(headers.getlist("content-encoding")))
        ):
            return encoded
        # Here and not where the form is read: BentoML looks at the content type before, for formats of its own.
        return refused_content_type(headers.get("content-type", "")) if path in UPLOADS else None


def _in_ascii(value: bytes) -> bytes:
    return value if value.isascii() else value.decode("latin-1").encode("ascii", "replace")


_UNAUTHORIZED = RefusedRequest(
    reason=RequestRefusal.UNAUTHORIZED,
    status=HTTPStatus.UNAUTHORIZED,
    message="A valid token is needed: send the header 'Authorization: Bearer TOKEN'.",
    headers={"WWW-Authenticate": "Bearer"},
)
