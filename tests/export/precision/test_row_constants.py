import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, shape_inference

from medimage.export.precision.row_constants import write_along_rows
from medimage.serving.graph_session import open_session

HEIGHT, WIDTH = 4, 5


def graph(*, channels: int = 3) -> onnx.ModelProto:
    """Returns a graph that prepares an image: channels first, scaled, moved, and summed up by a convolution."""
    constants = {
        "scale": np.linspace(0.1, 0.9, channels).reshape(1, channels, 1, 1),
        "offset": np.linspace(0.3, 0.4, channels).reshape(1, channels, 1, 1),
        "white": np.array(255.0),
        "weights": np.ones((2, channels, 1, 1)),
    }
    nodes = [
        helper.make_node("Transpose", ["image"], ["first"], name="transpose", perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["first"], ["values"], name="cast", to=TensorProto.FLOAT),
        helper.make_node("Div", ["values", "white"], ["shares"], name="divide"),
        helper.make_node("Mul", ["shares", "scale"], ["scaled"], name="scale"),
        helper.make_node("Sub", ["scaled", "offset"], ["moved"], name="move"),
        helper.make_node("Conv", ["moved", "weights"], ["features"], name="convolve"),
        helper.make_node(
            "Mul", ["features", "scale"] if channels == 2 else ["features", "white"], ["given"], name="late"
        ),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", HEIGHT, WIDTH, channels])
    given = helper.make_tensor_value_info("given", TensorProto.FLOAT, ["batch", 2, HEIGHT, WIDTH])
    weights = [numpy_helper.from_array(values.astype(np.float32), name) for name, values in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "prepare", [image], [given], weights),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
    return shape_inference.infer_shapes(model)


def constants(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    sizes = {each.name: tuple(each.dims) for each in model.graph.initializer}
    return {node.name: sizes[node.input[1]] for node in model.graph.node if node.op_type in ("Div", "Mul", "Sub")}


@pytest.mark.parametrize("channels", [2, 3])
def test_constants_of_channels_are_written_along_rows_and_every_number_stays(channels: int) -> None:
    model = graph(channels=channels)
    image = np.random.default_rng(0).integers(0, 256, (3, HEIGHT, WIDTH, channels), dtype=np.uint8)
    before = open_session(model.SerializeToString(), threads=1).run(None, {"image": image})[0]
    write_along_rows(model, {"transpose", "cast", "divide", "scale", "move"})
    onnx.checker.check_model(model, full_check=True)
    late = (1, 2, 1, 1) if channels == 2 else ()
    row = (1, channels, 1, WIDTH)
    assert constants(model) == {"divide": (), "scale": row, "move": row, "late": late}
    np.testing.assert_array_equal(
        open_session(model.SerializeToString(), threads=1).run(None, {"image": image})[0], before
    )


def test_one_constant_for_all_channels_stays() -> None:
    model = graph(channels=1)
    unchanged = model.SerializeToString()
    write_along_rows(model, {"transpose", "cast", "divide", "scale", "move"})
    assert model.SerializeToString() == unchanged
