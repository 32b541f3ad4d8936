"""What people say of answers, from a request to the feedback log."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from medimage.serving.answers import FeedbackAnswer, ModelIdentity
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from medimage.serving.feedback_log.writer import FeedbackLogWriter
from medimage.serving.feedback_request import HOW, MAXIMUM_BYTES, malformed, read_feedback
from medimage.serving.line_log.writer import RETRY_SECONDS
from medimage.serving.prediction_log.logged_prediction import LoggedModel
from medimage.serving.refusal import RequestRefusal
from medimage.serving.refused_request import NO_ROOM, RefusedRequest
from medimage.serving.request_context import RequestContext
from medimage.serving.service_metrics import ServiceMetrics


class FeedbackDesk:
    """Takes feedback, and keeps it in the log.

    Args:
        model: The model that runs.
        classes: Its classes.
        log: Where to keep feedback; None where none is kept.
        metrics: Where to count.
    """

    def __init__(
        self,
        *,
        model: ModelIdentity,
        classes: tuple[str, ...],
        log: FeedbackLogWriter | None,
        metrics: ServiceMetrics,
    ) -> None:
        self._model = LoggedModel(name=model.name, version=model.version, sha256=model.sha256)
        self._classes = classes
        self._log = log
        self._metrics = metrics

    async def answer(self, request: Request) -> Response:
        """Answers 200 where the feedback is in the log, and otherwise a sentence that says why it is not."""
        outcome = await self._keep(request)
        if isinstance(outcome, RefusedRequest):
            self._metrics.count_refused_request(outcome.reason)
            return outcome.to_response()
        return JSONResponse(FeedbackAnswer(prediction_id=outcome.prediction_id).model_dump())

    async def _keep(self, request: Request) -> LoggedFeedback | RefusedRequest:
        if self._log is None:
            return _NOT_KEPT_HERE
        context = RequestContext.of(request.scope)
        body = await _read_body(request, context)
        given = body if isinstance(body, RefusedRequest) else read_feedback(body, classes=self._classes)
        if isinstance(given, RefusedRequest):
            return given
        row = LoggedFeedback(
            prediction_id=given.prediction_id,
            time=datetime.now(UTC),
            model=self._model,
            agrees=given.agrees,
            label=given.label,
            caller=context.caller,
        )
        # A disk that hangs must not hold up the requests of others.
        is_written = await run_in_threadpool(self._log.append, row)
        self._metrics.count_feedback(agrees=row.agrees, is_written=is_written)
        return row if is_written else _NOT_WRITTEN


async def _read_body(request: Request, context: RequestContext) -> bytes | RefusedRequest:
    # A page of another site can send other types without being asked for permission, and no JSON.
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return RefusedRequest(
            reason=RequestRefusal.NOT_JSON,
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            message=f"Feedback is JSON, with the content type 'application/json'. {HOW}",
        )
    body, seconds = b"", context.settings.upload_seconds
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAXIMUM_BYTES:
                    return _TOO_LARGE
                if not context.receive(len(chunk)):
                    return NO_ROOM
    except TimeoutError:
        return RefusedRequest(
            reason=RequestRefusal.TOO_SLOW,
            status=HTTPStatus.REQUEST_TIMEOUT,
            message=f"The feedback did not arrive within {seconds:g} s; send it again.",
        )
    except ClientDisconnect:
        return malformed("The feedback was broken off.")
    return body


_NOT_KEPT_HERE = RefusedRequest(
    reason=RequestRefusal.NOT_FOUND,
    status=HTTPStatus.NOT_FOUND,
    message="This service keeps no feedback; whoever runs it names a folder for it in MEDIMAGE_SERVE_FEEDBACK_LOG.",
)

_TOO_LARGE = RefusedRequest(
    reason=RequestRefusal.TOO_LARGE,
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    message=f"Feedback has {MAXIMUM_BYTES} bytes at most. {HOW}",
)

_NOT_WRITTEN = RefusedRequest(
    reason=RequestRefusal.NOT_WRITTEN,
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    message="The feedback could not be kept, because its log cannot be written; send it again later.",
    headers={"Retry-After": f"{RETRY_SECONDS:.0f}"},
)
