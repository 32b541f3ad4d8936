"""All that a model says of one encoded image, before anybody is answered."""

from dataclasses import dataclass

from medimage.decision.decision import Decision
from medimage.serving.classifier import ImageClassifier
from medimage.serving.graph_answers import Prediction
from medimage.serving.preprocessing import decode_with_warning, resize_image
from medimage.serving.quality.checks import quality_warnings
from medimage.serving.quality.observed_image import ObservedImage
from medimage.serving.quality.quality_warning import QualityWarning


@dataclass(frozen=True, kw_only=True, eq=False)
class SeenImage:
    """An image with what a model makes of it.

    Attributes:
        image: The image as the network saw it, with its embedding where the graph gives one.
        prediction: Probability of each class.
        decision: What the decision rules make of that.
        warnings: What is unusual about the image.
    """

    image: ObservedImage
    prediction: Prediction
    decision: Decision
    warnings: tuple[QualityWarning, ...]


def look_at_image(classifier: ImageClassifier, data: bytes) -> SeenImage:
    """Decodes an image, asks the model, and measures the image.

    Args:
        classifier: The model.
        data: The encoded image.

    Raises:
        ImageRefusedError: If the bytes are not an acceptable image.
        FloatingPointError: If the network gives a number that is none.
    """
    metadata = classifier.metadata
    decoded = decode_with_warning(data, color_mode=metadata.color_mode)
    height, width = decoded.pixels.shape[:2]
    pixels = resize_image(decoded.pixels, size=metadata.input_size)
    if metadata.outputs is None:
        prediction, embedding = classifier.predict_pixels(pixels), None
    else:
        found = classifier.answer_pixels(pixels)
        prediction, embedding = found.prediction, found.embedding
    image = ObservedImage(
        pixels=pixels,
        metadata=metadata,
        width=width,
        height=height,
        decoder_warned=bool(decoded.warning),
        embedding=embedding,
    )
    return SeenImage(
        image=image,
        prediction=prediction,
        decision=Decision.of(prediction.probabilities, metadata.decision_rules),
        warnings=quality_warnings(image),
    )
