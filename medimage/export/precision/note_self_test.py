"""Notes in a graph what it says of the images of its self-test."""

from dataclasses import replace

import onnx

from medimage.serving.classifier import threads_per_image
from medimage.serving.model_metadata import ModelMetadata
from medimage.serving.prove_answers import note_answers


def note_self_test(graph: bytes) -> bytes:
    """Returns the graph with a self-test in the metadata, and otherwise the same.

    Args:
        graph: A serialised graph that is judged on this machine.

    Raises:
        ValueError: If it gives no finite numbers.
    """
    model = onnx.load_from_string(graph)
    metadata = ModelMetadata.from_properties({each.key: each.value for each in model.metadata_props})
    noted = replace(metadata, self_test=note_answers(graph, threads=threads_per_image()))
    onnx.helper.set_model_props(model, noted.to_properties())
    return model.SerializeToString(deterministic=True)
