"""Casts that a converter leaves between two nodes of the same precision, where they only lose digits."""

import onnx
from onnx import TensorProto


def remove_round_trips(graph: onnx.GraphProto) -> None:
    """Removes each cast to float16 and back, in place, so that what was float32 on both sides stays it between them.

    The converter adds the same cast again for each node that needs it; of those, one is kept.

    Args:
        graph: A graph in any order.
    """
    _keep_one_of_each(graph)
    outputs = {each.name for each in graph.output}
    lowered = {node.output[0]: node.input[0] for node in graph.node if _casts(node, TensorProto.FLOAT16)}
    instead: dict[str, str] = {}
    for node in graph.node:
        if not _casts(node, TensorProto.FLOAT) or node.input[0] not in lowered:
            continue
        source, target = lowered[node.input[0]], node.output[0]
        if target in outputs:
            # The name of an output cannot change; a node that passes a value on costs nothing.
            node.op_type = "Identity"
            del node.attribute[:]
            node.input[0] = source
        else:
            instead[target] = source
    for node in graph.node:
        node.input[:] = [instead.get(name, name) for name in node.input]
    _remove_unused_casts(graph, outputs)


def _keep_one_of_each(graph: onnx.GraphProto) -> None:
    made: set[str] = set()
    for node in list(graph.node):
        if node.op_type == "Cast" and node.output[0] in made:
            # By place and not by value, which the one to be kept has too.
            del graph.node[next(place for place in reversed(range(len(graph.node))) if graph.node[place] == node)]
        made.update(node.output)


def _casts(node: onnx.NodeProto, to: int) -> bool:
    return node.op_type == "Cast" and any(each.name == "to" and each.i == to for each in node.attribute)


def _remove_unused_casts(graph: onnx.GraphProto, outputs: set[str]) -> None:
    while True:
        used = outputs | {name for node in graph.node for name in node.input}
        unused = [node for node in graph.node if node.op_type == "Cast" and not used & set(node.output)]
        if not unused:
            return
        for node in unused:
            graph.node.remove(node)
