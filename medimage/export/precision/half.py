"""A graph in half precision."""

import logging
from collections.abc import Set

import onnx
from onnxruntime.quantization.onnx_model import ONNXModel

from medimage.export.precision.body import Body
from medimage.export.precision.casts import remove_round_trips


def to_half(onnx_model: bytes) -> onnx.ModelProto:
    """Returns a graph whose weights and features are float16, and whose inputs and outputs stay as they are.

    What prepares the image stays in single precision, and so does all from the last features on: pooling, head,
    temperature, softmax and heat map. Weights beyond the largest float16 number, 65504, become that number; features
    beyond it become infinite, which whoever runs the graph must look for.

    Args:
        onnx_model: A graph of `export_onnx`.

    Raises:
        ValueError: If the converter does not know something in the graph.
    """
    # Imported where it is needed, because nothing else needs it.
    from onnxruntime.transformers.float16 import convert_float_to_float16  # noqa: PLC0415

    body = Body(onnx_model)
    _give_own_weights(body.model.graph, kept=body.kept)
    # It warns of every weight that is rounded to the smallest or the largest number.
    logging.getLogger("onnxruntime.transformers.float16").setLevel(logging.ERROR)
    try:
        converted = convert_float_to_float16(body.model, keep_io_types=True, node_block_list=sorted(body.kept))
    except Exception as error:
        raise ValueError(f"the converter to float16 gave up: {type(error).__name__}: {error}") from error
    remove_round_trips(converted.graph)
    sorted_model = ONNXModel(converted)
    sorted_model.topological_sort()
    return body.with_rest(sorted_model.model)


def _give_own_weights(graph: onnx.GraphProto, *, kept: Set[str]) -> None:
    """Copies weights that nodes of both precisions share, because the converter casts such a weight for each of them.

    Exporters store equal vectors, such as biases of zeros, once.
    """
    lowered = {name for node in graph.node if node.name not in kept for name in node.input}
    in_full = {name for node in graph.node if node.name in kept for name in node.input}
    names = {}
    for own in [each for each in graph.initializer if each.name in lowered & in_full]:
        copy = graph.initializer.add()
        copy.CopyFrom(own)
        names[own.name] = copy.name = f"{own.name}_in_full"
    for node in graph.node:
        if node.name in kept:
            node.input[:] = [names.get(name, name) for name in node.input]
