"""What a graph in fewer bits answers on an image, whatever images it is given with."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from medimage.export.precision.note_self_test import note_self_test
from medimage.serving.classifier import ImageClassifier, threads_per_image
from medimage.serving.model_metadata import LOGITS
from tests.support.reduced import WHATEVER_THE_SPEED, choose, judged_model


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_an_image_among_others_gets_the_very_answer_that_it_gets_alone(precision: str) -> None:
    model = judged_model()
    chosen = choose(model, config=WHATEVER_THE_SPEED.model_copy(update={"candidates": (precision,)}))
    classifier = ImageClassifier(chosen.exported.onnx, threads=threads_per_image())
    pixels = np.asarray(model.test.pixels[:])
    for several in (classifier.logits, classifier.embeddings):
        alone = np.concatenate([several(image[np.newaxis]) for image in pixels])
        assert np.array_equal(several(pixels), alone)
        assert np.array_equal(several(pixels[::-1]), alone[::-1])
    assert np.array_equal(classifier.logits(pixels), chosen.evaluation.test.logits)


def test_images_beside_it_cannot_change_an_answer_in_fewer_bits() -> None:
    chosen = choose(judged_model(), config=WHATEVER_THE_SPEED.model_copy(update={"candidates": ("int8",)}))
    classifier = ImageClassifier(note_self_test(adding_the_mean_of_all(chosen.exported.onnx)), threads=1)
    pixels = np.asarray(judged_model().test.pixels[:4])
    alone = np.concatenate([classifier.logits(image[np.newaxis]) for image in pixels])
    assert np.ptp(alone, axis=0).min() > 0.1
    assert np.array_equal(classifier.logits(pixels), alone)


def adding_the_mean_of_all(graph: bytes) -> bytes:
    """Returns a graph in which every image's logits depend on those of the others that it is given with."""
    model = onnx.load_from_string(graph)
    nodes = model.graph.node
    place = next(place for place, node in enumerate(nodes) if LOGITS in node.output)
    nodes[place].output[list(nodes[place].output).index(LOGITS)] = "own"
    axes = numpy_helper.from_array(np.array([0], dtype=np.int64), "over_images")
    model.graph.initializer.append(axes)
    nodes.insert(place + 1, onnx.helper.make_node("ReduceMean", ["own", "over_images"], ["mean_of_all"], keepdims=1))
    nodes.insert(place + 2, onnx.helper.make_node("Add", ["own", "mean_of_all"], [LOGITS]))
    return model.SerializeToString()
