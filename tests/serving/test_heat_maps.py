"""What the classifier gives beside probabilities, from a graph that was really exported."""

import numpy as np
import pytest
import torch

from medimage.evaluation.explanation.grad_cam import grad_cam
from medimage.export.onnx_graph import export_onnx
from medimage.models.build import build_network
from medimage.models.network import Network
from medimage.serving.classifier import ImageClassifier
from medimage.serving.graph_answers import NotInGraphError
from medimage.serving.preprocessing import ImageRefusedError, prepare_image
from tests.support.exported import brightness_onnx
from tests.support.images import encode, textured
from tests.support.training import specification

SPEC = specification("test_resnet", size=64, head="medical", options={"output_stride": 8})
IMAGE = encode(textured(3))


@pytest.fixture(scope="module")
def network() -> Network:
    return build_network(SPEC, seed=0).eval()


@pytest.fixture(scope="module")
def classifier(network: Network) -> ImageClassifier:
    return ImageClassifier(export_onnx(network, SPEC, temperature=1.0, opset=20), threads=1)


def prepared() -> np.ndarray:
    return prepare_image(IMAGE, color_mode="gray", size=64)[np.newaxis]


@pytest.mark.parametrize("label", [None, "a", "b", "c"])
def test_heat_map_is_that_of_the_network(classifier: ImageClassifier, network: Network, label: str | None) -> None:
    shown = classifier.explain(IMAGE, label=label)
    assert shown.label == (label or classifier.predict(IMAGE).label)
    expected = grad_cam(network, prepared(), np.array([SPEC.classes.index(shown.label)])).maps[0]
    assert expected.max() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(shown.values, expected, atol=1e-4)
    assert shown.prediction == classifier.predict(IMAGE)
    assert (shown.made.cells, shown.made.layer) == (8, "the last feature map")


def test_embedding_is_what_the_head_takes(classifier: ImageClassifier, network: Network) -> None:
    answer = classifier.answer(IMAGE)
    with torch.no_grad():
        probabilities = network.head(torch.from_numpy(answer.embedding[np.newaxis])).softmax(dim=1)[0]
    assert answer.prediction == classifier.predict(IMAGE)
    assert list(answer.prediction.probabilities.values()) == pytest.approx(probabilities.tolist(), abs=1e-5)


def test_unknown_class_is_refused(classifier: ImageClassifier) -> None:
    with pytest.raises(ValueError, match=r"one of the classes \['a', 'b', 'c'\] but got 'd'"):
        classifier.explain(IMAGE, label="d")


def test_bad_image_is_refused(classifier: ImageClassifier) -> None:
    for ask in (classifier.answer, classifier.explain):
        with pytest.raises(ImageRefusedError):
            ask(b"no image")


def test_model_of_before_says_that_it_has_neither() -> None:
    old = ImageClassifier(brightness_onnx(), threads=1)
    with pytest.raises(NotInGraphError, match="no heat maps: it was exported before there were any"):
        old.explain(IMAGE)
    with pytest.raises(NotInGraphError, match="no embedding"):
        old.answer(IMAGE)
