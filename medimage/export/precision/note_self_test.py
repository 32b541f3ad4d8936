"""Notes in a graph what it says of the images of its self-test."""

from dataclasses import replace

import onnx

from medimage.serving.classifier import ImageClassifier, threads_per_image
from medimage.serving.self_test import SelfTest


def note_self_test(graph: bytes) -> bytes:
    """Returns the graph with a self-test in the metadata, and otherwise the same.

    Args:
        graph: A serialised graph that is judged on this machine.

    Raises:
        FloatingPointError: If the network gives a logit that is not a finite number.
    """
    classifier = ImageClassifier(graph, threads=threads_per_image())
    metadata = classifier.metadata
    test = SelfTest.of(classifier.logits, size=metadata.input_size, channels=metadata.channels)
    model = onnx.load_from_string(graph)
    onnx.helper.set_model_props(model, replace(metadata, self_test=test).to_properties())
    return model.SerializeToString(deterministic=True)
