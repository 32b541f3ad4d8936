"""The service: image files in, answers out.

Started with `bentoml serve`. Inside a Bento the model lies beside this file. How it is set up stands in
`medimage.serving.settings`.
"""

import logging
import os
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import bentoml
import click
from bentoml.exceptions import BentoMLException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from medimage.serving.answering_threads import AnsweringThreads, answered_at_a_time
from medimage.serving.answers import FileAnswer, Health, SeveralAnswers
from medimage.serving.feedback import FeedbackDesk
from medimage.serving.image_upload import ExplanationUpload, HeatMapResponse, ImageUpload, PredictionResponse
from medimage.serving.model_files import ModelFiles
from medimage.serving.pages import pages
from medimage.serving.refusal import ImageRefusedError, ServiceNotStartedError
from medimage.serving.refused_image import RefusedImage
from medimage.serving.refused_request import RefusedRequest
from medimage.serving.request_context import RequestContext
from medimage.serving.request_guard import RequestGuard
from medimage.serving.service_logs import ServiceLogs
from medimage.serving.service_metrics import service_metrics
from medimage.serving.settings import ServiceSettings
from medimage.serving.start_checks import check_start, host_of_command, model_folder
from medimage.serving.supervisor import end_with_supervisor
from medimage.serving.upload import UploadedFile

TOO_LATE = FileAnswer(
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    error="The files before this one took the time that a request has; send fewer at a time.",
)

logger = logging.getLogger(__name__)


class GuardedService(bentoml.Service[Any]):
    """A service whose every answer goes past the guard, those of BentoML's own middleware included."""

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """Returns the application with the guard around it."""
        settings = ServiceSettings.from_environment(os.environ)
        return RequestGuard(
            super().to_asgi(is_main), settings=settings, tokens=settings.access_tokens(), metrics=service_metrics()
        )


@bentoml.service(
    name="medimage",
    service_class=GuardedService,
    # How many are taken on is for the guard to say, which knows how many images a request has.
    traffic={"timeout": 60},
    # Spans of requests go nowhere unless BentoML's configuration names an exporter, and take a fifth of the time that
    # a request takes beside the network.
    tracing={"excluded_urls": "."},
    # Metrics count every request and the prediction log has every answer; a line for each costs half a millisecond.
    logging={"access": {"enabled": False}},
)
@bentoml.asgi_app(pages)
class MedimageService:
    """Classifies medical images. For research use only."""

    @bentoml.on_deployment
    @staticmethod
    def check() -> None:
        """Refuses to start what should not be; runs once, before any worker process."""
        context = click.get_current_context(silent=True)
        host = host_of_command(context.params["host"]) if context and "host" in context.params else None
        try:
            check_start(os.environ, host=host)
        except ServiceNotStartedError as error:
            # The one kind of error that BentoML tells without a traceback.
            raise BentoMLException(str(error)) from error

    def __init__(self) -> None:
        # The process that watches over the workers imports this module too, and would wait for what it does not need.
        from medimage.serving.answering import Answering, identity_of  # noqa: PLC0415
        from medimage.serving.classifier import ImageClassifier, threads_per_image  # noqa: PLC0415
        from medimage.serving.explaining import Explaining  # noqa: PLC0415
        from medimage.serving.interface import describe_interface  # noqa: PLC0415

        settings = ServiceSettings.from_environment(os.environ)
        files = ModelFiles.read(model_folder(settings))
        self.identity = identity_of(files.card, sha256=files.sha256)
        self.metrics = service_metrics()
        self.logs = ServiceLogs.open(settings)
        classifier = ImageClassifier(files.onnx, threads=settings.threads_per_image or threads_per_image())
        self.explaining = Explaining(classifier, metrics=self.metrics)
        self.answering = Answering(
            classifier,
            identity=self.identity,
            metrics=self.metrics,
            log=self.logs.predictions,
            log_file_names=settings.log_file_names,
        )
        self.threads = AnsweringThreads(answered_at_a_time(settings))
        pages.state.card = files.card
        pages.state.health = self.health
        pages.state.feedback = FeedbackDesk(
            model=self.identity,
            classes=classifier.metadata.classes,
            log=self.logs.feedback,
            metrics=self.metrics,
        )
        pages.state.interface = describe_interface(
            title=self.identity.name,
            version=self.identity.version,
            classes=classifier.metadata.classes,
            settings=settings,
            needs_token=bool(settings.access_tokens()),
        )
        if bentoml.server_context.worker_index is not None:
            end_with_supervisor()

    @bentoml.api(route="/predict", input_spec=ImageUpload, output_spec=PredictionResponse)
    async def predict(self, image: tuple[UploadedFile, ...] | RefusedRequest, request: RequestContext) -> Response:
        """Classifies the images in the multipart field `image`."""
        if isinstance(image, RefusedRequest):
            return self._refuse(image)
        answers = await self.threads.run(
            lambda: [self._answer(image[0], request), *(self._answer_in_time(file, request) for file in image[1:])],
            request=request,
        )
        if len(answers) > 1:
            return _json(SeveralAnswers(answers=answers).model_dump_json(exclude_unset=True))
        (only,) = answers
        if only.answer is None:
            return JSONResponse({"error": only.error}, status_code=only.status)
        return _json(only.answer.model_dump_json())

    def _answer_in_time(self, file: UploadedFile, request: RequestContext) -> FileAnswer:
        return TOO_LATE if request.is_over or request.is_late else self._answer(file, request)

    def _answer(self, file: UploadedFile, request: RequestContext) -> FileAnswer:
        try:
            with request.working_out():
                answer = self.answering.answer(file.data, caller=request.caller, file_name=file.name)
        except (ImageRefusedError, FloatingPointError) as error:
            refused = self._refused_image(error)
            return FileAnswer(status=refused.status, error=refused.message)
        return FileAnswer(status=HTTPStatus.OK, answer=answer)

    @bentoml.api(route="/explain", input_spec=ExplanationUpload, output_spec=HeatMapResponse)
    async def explain(
        self,
        image: tuple[UploadedFile, ...] | RefusedRequest,
        label: str | None,
        layer: str,
        request: RequestContext,
    ) -> Response:
        """Draws what speaks for a class in the image in the multipart field `image`."""
        if isinstance(image, RefusedRequest):
            return self._refuse(image)
        (file,) = image
        try:
            explanation = await self.threads.run(
                lambda: self.explaining.explain(file.data, label=label, layer=layer, request=request), request=request
            )
        except (ImageRefusedError, FloatingPointError) as error:
            refused = self._refused_image(error)
            return JSONResponse({"error": refused.message}, status_code=refused.status)
        if isinstance(explanation, RefusedRequest):
            return self._refuse(explanation)
        # Headers hold no other characters than those of ASCII.
        return Response(explanation.png, media_type="image/png", headers={"X-Medimage-Label": quote(explanation.label)})

    def _refuse(self, request: RefusedRequest) -> Response:
        self.metrics.count_refused_request(request.reason)
        return request.to_response()

    def _refused_image(self, error: ImageRefusedError | FloatingPointError) -> RefusedImage:
        if isinstance(error, FloatingPointError):
            logger.error("The model has no answer on an image: %s", error)
        refused = RefusedImage.of(error)
        self.metrics.count_refused_image(refused.reason)
        return refused

    def health(self) -> Health:
        """Returns how this worker process is."""
        return self.logs.health(self.identity)

    @bentoml.on_shutdown
    def close(self) -> None:
        """Ends the threads and closes the logs."""
        self.threads.close()
        self.logs.close()


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
