import hashlib
import json
from typing import Any

import numpy as np
import onnx
import pytest

from medimage.serving.classifier import ImageClassifier
from medimage.serving.prove_answers import OtherAnswersError
from medimage.serving.self_test import LEAST_ALLOWED, SelfTest, self_test_images
from tests.support.cut_off_sums import cut_off_product, exact_product
from tests.support.exported import SLOPE, brightness_onnx, self_test_of

SIZE = 32
WEIGHTS = np.random.default_rng(0).integers(-127, 128, size=(SIZE * SIZE, 64)).astype(np.int8)
NOTED = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)


def noted(values: np.ndarray) -> SelfTest:
    return SelfTest.of({"logits": values}, rounded_otherwise={"logits": values})


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
    test = self_test_of(brightness_onnx())
    classifier = ImageClassifier(brightness_onnx(self_test=test), threads=1)
    assert classifier.metadata.self_test == test


@pytest.mark.parametrize("slope", [-SLOPE, 0.9 * SLOPE, 1.1 * SLOPE, float("nan")])
def test_a_graph_that_says_something_else_here_is_not_opened(slope: float) -> None:
    with pytest.raises(OtherAnswersError, match=r"the graph in int8 to say what it said where it was judged, .* away"):
        ImageClassifier(brightness_onnx(slope=slope, self_test=self_test_of(brightness_onnx())), threads=1)


def test_a_graph_in_fewer_bits_without_a_self_test_is_not_opened() -> None:
    model = onnx.load_from_string(brightness_onnx(self_test=self_test_of(brightness_onnx())))
    kept = {each.key: each.value for each in model.metadata_props if each.key != "self_test"}
    onnx.helper.set_model_props(model, kept)
    with pytest.raises(OtherAnswersError, match="the graph in int8 to note what it said where it was judged but it no"):
        ImageClassifier(model.SerializeToString(), threads=1)


@pytest.mark.parametrize("names", [("embedding",), ("logits", "embedding")])
def test_a_self_test_of_other_outputs_than_the_graph_has_is_refused(names: tuple[str, ...]) -> None:
    values = {name: np.ones((4, 3), np.float32) for name in names}
    test = SelfTest.of(values, rounded_otherwise=values)
    with pytest.raises(OtherAnswersError, match=f"in logits but it notes {' and '.join(names)}"):
        ImageClassifier(brightness_onnx(self_test=test), threads=1)


def test_a_graph_that_gives_no_numbers_has_nothing_to_note() -> None:
    with pytest.raises(ValueError, match="logits that are no finite numbers on the images of its self-test"):
        self_test_of(brightness_onnx(slope=float("inf")))


def test_one_image_that_is_far_off_is_enough() -> None:
    assert noted(NOTED).distances({"logits": NOTED})["logits"] < 1e-4
    here = NOTED.copy()
    here[2] *= 1.02
    assert noted(NOTED).distances({"logits": here}) == {"logits": pytest.approx(0.02, rel=1e-3)}


@pytest.mark.parametrize(
    ("otherwise", "allowed"), [(1.0, 0.01), (1.001, 0.01), (1.03, 0.06), (2.0, 0.5), (float("inf"), 0.5)]
)
def test_networks_that_rounding_moves_are_allowed_more(otherwise: float, allowed: float) -> None:
    test = SelfTest.of({"logits": NOTED}, rounded_otherwise={"logits": np.float32(otherwise) * NOTED})
    assert test.allowed == {"logits": pytest.approx(allowed, rel=1e-2)}


@pytest.mark.parametrize(
    "here", [NOTED[:, :4], NOTED[:3], np.where(NOTED.max() == NOTED, np.float32("nan"), NOTED)], ids=repr
)
def test_what_cannot_be_compared_is_infinitely_far(here: np.ndarray) -> None:
    assert noted(NOTED).distances({"logits": here}) == {"logits": float("inf")}


def test_sums_that_are_cut_off_are_far_off() -> None:
    features = self_test_images(size=SIZE, channels=1).reshape(4, -1)
    exact, cut_off = (product(features, WEIGHTS).astype(np.float32) for product in (exact_product, cut_off_product))
    assert noted(exact).distances({"logits": cut_off})["logits"] > 5 * LEAST_ALLOWED


def test_it_comes_back_as_it_was() -> None:
    test = self_test_of(brightness_onnx())
    assert SelfTest.from_dict(json.loads(json.dumps(test.to_dict()))) == test


@pytest.mark.parametrize(
    "outputs", [{}, {"logits": ()}, {"logits": ((1.0,),)}, {"logits": ((1.0,),) * 3 + ((float("inf"),),)}]
)
def test_answers_that_are_not_of_every_image_or_no_numbers_are_no_self_test(outputs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        SelfTest(outputs=outputs, allowed=dict.fromkeys(outputs, 0.01))
    with pytest.raises(ValueError, match="what is allowed of each"):
        SelfTest(outputs={"logits": ((1.0,),) * 4}, allowed={"embedding": 0.01})
