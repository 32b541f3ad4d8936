"""The service: one image in, probabilities out.

Started with `bentoml serve`. Inside a Bento the model lies beside this file; elsewhere the environment variable
`MEDIMAGE_MODEL_FOLDER` names the folder that holds it.
"""

import hashlib
import json
import os
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Self

import bentoml
from bentoml.validators import ContentType
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from medimage.serving.classifier import ImageClassifier, threads_per_image
from medimage.serving.cores import available_cores
from medimage.serving.model_folder import CARD_FILE, MODEL_FILE, MODEL_FOLDER
from medimage.serving.notice import NOTICE
from medimage.serving.pages import pages
from medimage.serving.preprocessing import ImageRefusedError, RefusalReason
from medimage.serving.upload import RefusedUpload, read_upload

_STATUS_OF_REFUSAL = {
    RefusalReason.NOT_AN_IMAGE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.UNSUPPORTED_ENCODING: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RefusalReason.TOO_MANY_PIXELS: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


class ImageUpload(bentoml.IODescriptor):
    """A multipart form with one image file."""

    # BentoML's own reading of such a form fetches the address when the field holds text, and answers malformed forms
    # with a server error. Hence `from_http_request`, which reads files only and keeps a refusal as a value.

    image: Annotated[Path, ContentType("image/*")] = Field(
        description="An image file: PNG, JPEG, TIFF, WebP or BMP with 8 bits per sample, or DICOM with one frame; at "
        "most 64 MiB."
    )

    @classmethod
    async def from_http_request(cls, request: Request, serde: Any) -> Self:  # noqa: ARG003
        """Reads the upload; `image` becomes bytes, or a `RefusedUpload`."""
        return cls.model_construct(image=await read_upload(request))


class ModelIdentity(BaseModel):
    """Which model answered."""

    name: str
    version: str
    sha256: str = Field(description="SHA-256 of the ONNX graph.")


class PredictionResponse(bentoml.IODescriptor):
    """The answer on one image."""

    label: str = Field(description="The most probable class.")
    probabilities: dict[str, float] = Field(description="Calibrated probability of each class; they add up to 1.")
    confidence: float = Field(description="Probability of the label.")
    model: ModelIdentity
    notice: str


@bentoml.service(
    name="medimage",
    # Predicting releases the interpreter lock, so each core can serve a request; BentoML's default is one at a time.
    threads=max(2, available_cores()),
    traffic={"timeout": 60, "max_concurrency": 64},
)
@bentoml.asgi_app(pages)
class MedimageService:
    """Classifies medical images. For research use only."""

    def __init__(self) -> None:
        folder = Path(os.environ.get("MEDIMAGE_MODEL_FOLDER") or Path(__file__).parent / MODEL_FOLDER)
        for file in (MODEL_FILE, CARD_FILE):
            if not (folder / file).is_file():
                raise FileNotFoundError(
                    f"Expected {file} in {folder}. Serve a packaged Bento with `bentoml serve NAME:VERSION`, or set "
                    "MEDIMAGE_MODEL_FOLDER to the folder that holds the model."
                )
        onnx = (folder / MODEL_FILE).read_bytes()
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        self.classifier = ImageClassifier(onnx, threads=threads_per_image())
        self.identity = ModelIdentity(
            name=card["name"], version=card["version"], sha256=hashlib.sha256(onnx).hexdigest()
        )
        pages.state.card = card

    @bentoml.api(route="/predict", input_spec=ImageUpload, output_spec=PredictionResponse)
    def predict(self, image: bytes | RefusedUpload) -> PredictionResponse | JSONResponse:
        """Classifies the image in the multipart field `image`."""
        if isinstance(image, RefusedUpload):
            return _refusal(image.status, image.message)
        try:
            prediction = self.classifier.predict(image)
        except ImageRefusedError as error:
            return _refusal(_STATUS_OF_REFUSAL.get(error.reason, HTTPStatus.BAD_REQUEST), str(error))
        return PredictionResponse(
            label=prediction.label,
            probabilities=prediction.probabilities,
            confidence=prediction.confidence,
            model=self.identity,
            notice=NOTICE,
        )


def _refusal(status: HTTPStatus, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)
