import json

import onnx
import pytest

from medimage.serving.classifier import ImageClassifier
from tests.support.exported import brightness_onnx, self_test_of


def described_as(**properties: str) -> bytes:
    """Returns the brightness graph with other properties."""
    model = onnx.load_from_string(brightness_onnx())
    kept = {each.key: each.value for each in model.metadata_props}
    onnx.helper.set_model_props(model, kept | properties)
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"input_size": "64"}, r"'image' of tensor\(uint8\) \[\*, 64, 64, 1\], but it is of .*32, 32, 1\]"),
        # As pixels, that would be more than any machine has room for.
        ({"input_size": "100000000"}, "'image' of"),
        ({"color_mode": "rgb"}, "'image' of"),
        ({"classes": '["a", "b"]'}, r"'probabilities' of tensor\(float\) \[\*, 2\], but it is of .*\[\*, 3\]"),
        ({"classes": '["a", "b", "c", "d"]'}, "'probabilities' of"),
        ({"outputs": json.dumps({"embedding_width": 5, "activation_map": None, "no_map_because": "x"})}, "has none"),
    ],
)
def test_a_graph_other_than_its_metadata_says_is_not_opened(properties: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=f"as its metadata describes it, with .*{told}"):
        ImageClassifier(described_as(**properties), threads=1)


@pytest.mark.parametrize("classes", ["5", "null", '"abc"', "[1, 2, 3]", '{"a": 1, "b": 2, "c": 3}'])
def test_classes_that_are_no_list_of_names_are_refused(classes: str) -> None:
    with pytest.raises(ValueError, match="the classes of the model as a list of names"):
        ImageClassifier(described_as(classes=classes), threads=1)


def test_metadata_that_is_nested_beyond_reading_is_refused() -> None:
    with pytest.raises(ValueError, match="the self-test of the model as they were exported"):
        ImageClassifier(described_as(self_test="[" * 100_000), threads=1)


def test_a_graph_as_its_metadata_says_is_opened() -> None:
    for graph in (described_as(), brightness_onnx(size=17), brightness_onnx(self_test=self_test_of(brightness_onnx()))):
        assert ImageClassifier(graph, threads=1).metadata.classes
