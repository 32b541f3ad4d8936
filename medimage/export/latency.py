"""How long one image takes in the exported graph."""

from collections.abc import Sequence

from medimage.evaluation.latency import Latency
from medimage.evaluation.timing import time_images
from medimage.serving.classifier import ImageClassifier, threads_per_image


def time_graph(onnx: bytes, encoded: Sequence[bytes]) -> Latency:
    """Times an exported graph, one image at a time, from encoded bytes to probabilities.

    The classifier is the one that the service runs, with the same threads.

    Args:
        onnx: The exported graph.
        encoded: Images as a client would send them. Each is timed once.

    Raises:
        ValueError: If there is no image.
        ImageRefusedError: If an image is not acceptable.
    """
    classifier = ImageClassifier(onnx, threads=threads_per_image())
    return time_images(classifier.predict, encoded, threads=threads_per_image())
