"""From the bytes of a file to a picture of what speaks for a class in it."""

import io
from dataclasses import dataclass
from http import HTTPStatus

from PIL import Image

from medimage.serving.classifier import ImageClassifier
from medimage.serving.graph_answers import NotInGraphError
from medimage.serving.heat_maps.layer import Layer
from medimage.serving.heat_maps.picture import as_layer, blend, in_levels
from medimage.serving.preprocessing import prepare_image
from medimage.serving.refusal import RequestRefusal
from medimage.serving.refused_request import RefusedRequest
from medimage.serving.request_context import RequestContext
from medimage.serving.service_metrics import ServiceMetrics


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A heat map as a picture.

    Attributes:
        png: The picture as a PNG file, as large as the model's input. It covers the whole image, whose aspect ratio is
            not kept.
        label: The class whose map it is.
    """

    png: bytes
    label: str


class Explaining:
    """Draws heat maps of one model, and counts them.

    Several threads may use it at a time.

    Args:
        classifier: The model.
        metrics: Where to count.
    """

    def __init__(self, classifier: ImageClassifier, *, metrics: ServiceMetrics) -> None:
        self._classifier = classifier
        self._metrics = metrics

    def explain(
        self, data: bytes, *, label: str | None, layer: str, request: RequestContext
    ) -> Explanation | RefusedRequest:
        """Draws what speaks for a class in one encoded image.

        Args:
            data: The file.
            label: The class; None for the most probable one.
            layer: A value of `Layer`, as it was asked for.
            request: The request, which notes how long the picture took.

        Returns:
            The picture, or the refusal of what was asked.

        Raises:
            ImageRefusedError: If the bytes are not an acceptable image.
            FloatingPointError: If the network gives a number that is none.
        """
        metadata = self._classifier.metadata
        if layer not in list(Layer):
            return _bad_question(RequestRefusal.UNKNOWN_LAYER, "layer", choices=tuple(Layer))
        if label is not None and label not in metadata.classes:
            return _bad_question(RequestRefusal.UNKNOWN_CLASS, "label", choices=metadata.classes)
        try:
            with request.working_out():
                explanation = self._draw(data, label=label, layer=layer)
        except NotInGraphError as error:
            return RefusedRequest(reason=RequestRefusal.NO_HEAT_MAPS, status=HTTPStatus.CONFLICT, message=str(error))
        self._metrics.count_heat_map()
        return explanation

    def _draw(self, data: bytes, *, label: str | None, layer: str) -> Explanation:
        metadata = self._classifier.metadata
        pixels = prepare_image(data, color_mode=metadata.color_mode, size=metadata.input_size)
        heat_map = self._classifier.explain_pixels(pixels, label=label)
        heat = in_levels(heat_map.values)
        drawn = as_layer(heat) if layer == Layer.MAP else blend(pixels, heat)
        buffer = io.BytesIO()
        Image.fromarray(drawn).save(buffer, "PNG")
        return Explanation(png=buffer.getvalue(), label=heat_map.label)


def _bad_question(reason: RequestRefusal, parameter: str, *, choices: tuple[str, ...]) -> RefusedRequest:
    # What came is not repeated: it may hold anything.
    told = ", ".join(repr(str(choice)) for choice in choices)
    return RefusedRequest(
        reason=reason,
        status=HTTPStatus.BAD_REQUEST,
        message=f"The parameter '{parameter}' of the address is none of {told}.",
    )
