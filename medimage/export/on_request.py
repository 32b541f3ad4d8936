"""A part of a graph that is worked out only where it is asked for."""

from collections.abc import Collection

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def give_on_request(graph: onnx.GraphProto, *, output: str, selector: str, nobody: int) -> None:
    """Moves what only one output needs into an `If`, and gives the input that decides about it a default.

    onnxruntime works out a whole graph, whatever outputs are asked for, and only an `If` keeps it from that
    (`RunOptions.only_execute_path_to_fetches` has an effect in its builds for training alone). With a default, the
    input is optional, and whoever does not know of it runs the graph as if it were not there.

    Args:
        graph: Changed in place; its nodes are in topological order.
        output: Output with a fixed size 1 as its first dimension; it becomes 0 where nobody asks.
        selector: Input, int64 [1].
        nobody: Value of the input, and its default, for which the output is empty.
    """
    (value,) = [each for each in graph.output if each.name == output]
    others = _needed(graph.node, [each.name for each in graph.output if each.name != output])
    branch = [node for number, node in enumerate(graph.node) if number not in others]
    kept = [node for number, node in enumerate(graph.node) if number in others]
    shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
    given, none = onnx.ValueInfoProto(), f"no_{output}"
    given.CopyFrom(value)
    given.name = f"{output}_asked_for"
    for node in branch:
        node.output[:] = [given.name if name == output else name for name in node.output]
    empty = numpy_helper.from_array(np.zeros((0, *shape[1:]), dtype=np.float32), none)
    asked, nobody_asks = f"{output}_is_asked_for", f"nobody_asks_for_{output}"
    graph.initializer.append(numpy_helper.from_array(np.array([nobody], dtype=np.int64), nobody_asks))
    graph.initializer.append(numpy_helper.from_array(np.array([nobody], dtype=np.int64), selector))
    choice = helper.make_node(
        "If",
        [asked],
        [output],
        name=f"{output}_on_request",
        then_branch=helper.make_graph(branch, f"give_{output}", [], [given]),
        else_branch=helper.make_graph(
            [helper.make_node("Constant", [], [none], value=empty)],
            f"leave_{output}",
            [],
            [helper.make_tensor_value_info(none, TensorProto.FLOAT, [0, *shape[1:]])],
        ),
    )
    del graph.node[:]
    graph.node.extend([*kept, helper.make_node("Greater", [selector, nobody_asks], [asked]), choice])
    value.type.tensor_type.shape.dim[0].Clear()
    value.type.tensor_type.shape.dim[0].dim_param = "maps"
    _forget(graph, [name for node in branch for name in node.output])


def _needed(nodes: Collection[onnx.NodeProto], names: list[str]) -> set[int]:
    """Returns which nodes, by their numbers, some values come from."""
    maker = {name: (number, node) for number, node in enumerate(nodes) for name in node.output}
    found: set[int] = set()
    waiting = list(names)
    while waiting:
        made = maker.get(waiting.pop())
        if made is not None and made[0] not in found:
            found.add(made[0])
            waiting.extend(made[1].input)
    return found


def _forget(graph: onnx.GraphProto, names: Collection[str]) -> None:
    """Removes the types that the graph notes for values that it no longer has."""
    gone = set(names)
    kept = [value for value in graph.value_info if value.name not in gone]
    del graph.value_info[:]
    graph.value_info.extend(kept)
