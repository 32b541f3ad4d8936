"""What the endpoints that take images are called with, and what they answer."""

from pathlib import Path
from typing import Annotated, Any, Self

import bentoml
from bentoml.validators import ContentType
from pydantic import Field
from starlette.requests import Request

from medimage.serving.answers import ImageAnswer
from medimage.serving.heat_maps.layer import Layer
from medimage.serving.request_context import RequestContext
from medimage.serving.upload import read_upload


class ImageUpload(bentoml.IODescriptor):
    """A multipart form with one or several image files."""

    # BentoML's own reading of such a form fetches the address when the field holds text, and answers malformed forms
    # with a server error. Hence `from_http_request`, which reads files only and keeps a refusal as a value.

    image: list[Annotated[Path, ContentType("image/*")]] = Field(
        description="Image files: PNG, JPEG, TIFF, WebP or BMP with 8 bits per sample, or DICOM with one frame."
    )
    request: Any = Field(None, description="Set by the service.")

    @classmethod
    async def from_http_request(cls, request: Request, serde: Any) -> Self:  # noqa: ARG003
        """Reads the upload; `image` becomes a tuple of `UploadedFile`, or a `RefusedRequest`."""
        context = RequestContext.of(request.scope)
        upload = await read_upload(request, maximum_files=context.settings.maximum_files)
        return cls.model_construct(image=upload, request=context)


class ExplanationUpload(bentoml.IODescriptor):
    """A multipart form with one image file; what is to be drawn stands in the address."""

    image: Annotated[Path, ContentType("image/*")] = Field(description="An image file, as for predictions.")
    label: str | None = Field(None, description="The class; the most probable one without.")
    layer: str = Field(Layer.BOTH.value, description="`both`, or `map` for the heat map alone.")
    request: Any = Field(None, description="Set by the service.")

    @classmethod
    async def from_http_request(cls, request: Request, serde: Any) -> Self:  # noqa: ARG003
        """Reads the upload; `image` becomes a tuple of one `UploadedFile`, or a `RefusedRequest`."""
        upload = await read_upload(request, maximum_files=1)
        asked = request.query_params
        return cls.model_construct(
            image=upload,
            label=asked.get("label"),
            layer=asked.get("layer", Layer.BOTH.value),
            request=RequestContext.of(request.scope),
        )


class PredictionResponse(ImageAnswer, bentoml.IODescriptor):
    """The answer on one image, as BentoML's own clients expect it."""


class HeatMapResponse(bentoml.IODescriptor):
    """A PNG file."""

    image: Annotated[Path, ContentType("image/png")]
