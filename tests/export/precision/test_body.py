import numpy as np
import onnx
import pytest
from onnx import TensorProto

from medimage.export.precision.body import Body
from medimage.export.precision.convert import convert
from medimage.serving.graph_session import open_session
from tests.support.reduced import WHATEVER_THE_SPEED, judged_model


def test_a_graph_is_the_same_after_its_part_on_request_was_taken_off_and_put_back() -> None:
    model = judged_model()
    body = Body(model.exported.onnx)
    assert not any(node.op_type == "If" for node in body.model.graph.node)
    onnx.checker.check_model(body.model, full_check=True)
    whole = body.with_rest(body.model)
    onnx.checker.check_model(whole, full_check=True)
    feeds = {"image": np.asarray(model.test.pixels[:1]), "class_index": np.array([1], dtype=np.int64)}
    for ours, theirs in zip(
        open_session(whole.SerializeToString(), threads=1).run(None, feeds),
        open_session(model.exported.onnx, threads=1).run(None, feeds),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_inputs_and_outputs_stay_as_they_are(precision: str) -> None:
    model = judged_model()
    converted = onnx.load_model_from_string(
        convert(model.exported, precision, training=model.training, config=WHATEVER_THE_SPEED, seed=0)
    )
    full = onnx.load_model_from_string(model.exported.onnx)
    assert list(converted.graph.input) == list(full.graph.input)
    assert list(converted.graph.output) == list(full.graph.output)


def test_convolutions_are_in_fewer_bits_and_the_head_is_not() -> None:
    model = judged_model()
    weights = {"fp16": TensorProto.FLOAT16, "int8": TensorProto.INT8}
    for precision, kind in weights.items():
        graph = onnx.load_model_from_string(
            convert(model.exported, precision, training=model.training, config=WHATEVER_THE_SPEED, seed=0)
        ).graph
        kinds = {each.name: each.data_type for each in graph.initializer}
        head = [name for name in kinds if name.startswith("network.head") or name.startswith("network.backbone.fc")]
        assert all(kinds[name] == TensorProto.FLOAT for name in head)
        large = [each.data_type for each in graph.initializer if len(each.dims) == 4 and np.prod(each.dims) > 1000]
        assert len(large) > 5
        assert set(large) == {kind}


def test_seven_bits_never_exceed_what_two_products_can_hold() -> None:
    model, seven = judged_model(), WHATEVER_THE_SPEED.model_copy(update={"weight_bits": 7})
    graph = onnx.load_model_from_string(
        convert(model.exported, "int8", training=model.training, config=seven, seed=0)
    ).graph
    weights = [onnx.numpy_helper.to_array(each) for each in graph.initializer if each.data_type == TensorProto.INT8]
    largest = max(int(np.abs(each.astype(np.int64)).max()) for each in weights if each.ndim == 4)
    assert 2 * 255 * largest <= np.iinfo(np.int16).max


def test_eight_bits_are_used_and_the_file_says_what_other_programs_must_do() -> None:
    model = judged_model()
    converted = onnx.load_model_from_string(
        convert(model.exported, "int8", training=model.training, config=WHATEVER_THE_SPEED, seed=0)
    )
    weights = [onnx.numpy_helper.to_array(each) for each in converted.graph.initializer if len(each.dims) == 4]
    # Of each output channel, because each has a scale of its own.
    largest = [np.abs(each.astype(np.int64)).max(axis=(1, 2, 3)) for each in weights if each.dtype == np.int8]
    assert largest
    assert all(set(each) == {127} for each in largest)
    assert "session.x64quantprecision=1" in converted.doc_string
