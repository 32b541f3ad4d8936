from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.special import softmax

from medimage.serving.classifier import ImageClassifier, threads_per_image
from medimage.serving.cores import available_cores
from medimage.serving.graph_session import open_session
from medimage.serving.preprocessing import ImageRefusedError
from tests.support.exported import CLASSES, SLOPE, brightness_onnx
from tests.support.images import encode


def expected_probabilities(value: int) -> np.ndarray:
    return softmax(np.array([SLOPE, 0, -SLOPE]) * value / 255)


@pytest.fixture(scope="module")
def classifier() -> ImageClassifier:
    return ImageClassifier(brightness_onnx(), threads=1)


@pytest.mark.parametrize("value", [0, 40, 255])
@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_prediction_is_the_models_answer_on_the_image(
    classifier: ImageClassifier, value: int, image_format: str
) -> None:
    prediction = classifier.predict(encode(np.full((50, 70), value, np.uint8), image_format))
    expected = expected_probabilities(value)
    assert list(prediction.probabilities) == list(CLASSES)
    np.testing.assert_allclose(list(prediction.probabilities.values()), expected, atol=1e-6)
    assert prediction.label == CLASSES[int(expected.argmax())]
    assert prediction.confidence == max(prediction.probabilities.values())


def test_several_threads_get_the_answers_to_their_own_images(classifier: ImageClassifier) -> None:
    values = [number % 256 for number in range(0, 2000, 7)]
    images = [encode(np.full((20, 20), value, np.uint8)) for value in values]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(classifier.predict, images))
    for value, answer in zip(values, answers, strict=True):
        assert answer.probabilities["bright"] == pytest.approx(expected_probabilities(value)[0], abs=1e-6)


def test_bad_image_is_refused(classifier: ImageClassifier) -> None:
    with pytest.raises(ImageRefusedError):
        classifier.predict(b"no image")


def test_answer_that_is_no_number_is_an_error() -> None:
    classifier = ImageClassifier(brightness_onnx(slope=float("inf")), threads=1)
    with pytest.raises(FloatingPointError, match="nan"):
        classifier.predict(encode(np.zeros((20, 20), np.uint8)))


def test_model_of_another_preprocessing_version_does_not_start() -> None:
    with pytest.raises(ValueError, match="preprocessing version"):
        ImageClassifier(brightness_onnx(preprocessing_version="0"), threads=1)


@pytest.mark.parametrize("data", [b"", b"not a graph", brightness_onnx()[:100]])
def test_bytes_that_are_no_graph_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="Expected an ONNX graph"):
        open_session(data, threads=1)


def test_threads_stay_within_the_cores_of_the_process() -> None:
    assert 1 <= threads_per_image() <= available_cores()
