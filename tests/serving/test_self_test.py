import hashlib
import json

import numpy as np
import pytest

from medimage.serving.classifier import ImageClassifier
from medimage.serving.self_test import OtherAnswersError, SelfTest, self_test_images
from tests.support.cut_off_sums import cut_off_product, exact_product
from tests.support.exported import CLASSES, SLOPE, brightness_onnx, self_test_of

SIZE = 32
WEIGHTS = np.random.default_rng(0).integers(-127, 128, size=(SIZE * SIZE, 3)).astype(np.int8)


def said() -> SelfTest:
    return self_test_of(brightness_onnx())


@pytest.mark.parametrize(
    ("channels", "sha256"),
    [
        (1, "71b26a96691658df79de3f1d72d7c2ba886a2235ed1ebcf387d845b3dc8b6954"),
        (3, "7c29f33d21e2aca27f1a38f3d4ecbac4bdb86de54100a92828af93b1d4a6a926"),
    ],
)
def test_images_are_the_same_everywhere(channels: int, sha256: str) -> None:
    images = self_test_images(size=96, channels=channels)
    assert (images.dtype, images.shape) == (np.uint8, (4, 96, 96, channels))
    assert hashlib.sha256(images.tobytes()).hexdigest() == sha256


@pytest.mark.parametrize("size", [1, 3, 17, 32, 299])
def test_images_have_any_size(size: int) -> None:
    assert self_test_images(size=size, channels=1).shape == (4, size, size, 1)


def test_a_graph_that_says_the_same_here_is_opened() -> None:
    classifier = ImageClassifier(brightness_onnx(self_test=said()), threads=1)
    assert classifier.metadata.self_test == said()


@pytest.mark.parametrize("slope", [-SLOPE, 0.8 * SLOPE, 1.2 * SLOPE, float("nan")])
def test_a_graph_that_says_something_else_here_is_not_opened(slope: float) -> None:
    with pytest.raises(OtherAnswersError, match=r"logits that the graph gave where it was judged, within .* but"):
        ImageClassifier(brightness_onnx(slope=slope, self_test=said()), threads=1)


def test_another_number_of_classes_is_something_else() -> None:
    test = said()
    with pytest.raises(OtherAnswersError, match="differ by inf"):
        test.prove(lambda image: np.zeros((len(image), len(CLASSES) + 1), np.float32), size=SIZE, channels=1)


def test_sums_that_are_cut_off_are_seen() -> None:
    def answers(product):
        return lambda image: product(image.reshape(1, -1), WEIGHTS).astype(np.float32) / 1e4

    test = SelfTest.of(answers(exact_product), size=SIZE, channels=1)
    test.prove(answers(exact_product), size=SIZE, channels=1)
    with pytest.raises(OtherAnswersError):
        test.prove(answers(cut_off_product), size=SIZE, channels=1)


def test_it_comes_back_as_it_was() -> None:
    test = said()
    assert SelfTest.from_dict(json.loads(json.dumps(test.to_dict()))) == test


@pytest.mark.parametrize("logits", [(), ((1.0, 2.0),), ((1.0, 2.0),) * 3 + ((1.0, float("inf")),)])
def test_answers_that_are_not_of_every_image_or_no_numbers_are_no_self_test(logits) -> None:
    with pytest.raises(ValueError, match="finite logits of 4 images"):
        SelfTest(logits=logits)
