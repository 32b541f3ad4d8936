"""Constants of each channel, written out along a row of pixels, which onnxruntime works with many times faster."""

from collections.abc import Collection
from typing import Final

import numpy as np
import onnx
from onnx import numpy_helper

_ELEMENTWISE: Final = ("Add", "Div", "Mul", "Sub")


def write_along_rows(model: onnx.ModelProto, nodes: Collection[str]) -> None:
    """Gives some nodes constants [1, channels, 1, width] in place of equal ones [1, channels, 1, 1], in place.

    Convolutions of integers want channels last, so onnxruntime moves the change of layout up to the image. A constant
    of each channel then changes from one number to the next and is applied three numbers at a time: at 224 pixels that
    takes 1.0 ms for each operation, and 0.05 ms row by row. Every result stays the same bit for bit.

    Args:
        model: A graph with the shapes of its features.
        nodes: Names of the nodes that prepare the image.
    """
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    widths = {each.name: _width(each) for each in graph.value_info}
    for node in graph.node:
        width = widths.get(node.output[0], 0) if node.name in nodes and node.op_type in _ELEMENTWISE else 0
        for place, name in enumerate(node.input):
            if not width or name not in weights:
                continue
            values = numpy_helper.to_array(weights[name])
            if values.ndim == 4 and values.shape[1] > 1 and values.shape == (1, values.shape[1], 1, 1):
                written = numpy_helper.from_array(np.repeat(values, width, axis=3), f"{name}_along_{node.name}")
                graph.initializer.append(written)
                node.input[place] = written.name
    _remove_unused(graph)


def _width(value: onnx.ValueInfoProto) -> int:
    dimensions = value.type.tensor_type.shape.dim
    return dimensions[3].dim_value if len(dimensions) == 4 else 0


def _remove_unused(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
