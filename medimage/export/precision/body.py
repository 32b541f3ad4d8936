"""A graph without the part that is worked out on request, so that it can be converted, and with it again."""

from collections.abc import Iterable
from typing import Final

import onnx
from onnx import TensorProto, helper, shape_inference

from medimage.serving.graph_outputs import EMBEDDING
from medimage.serving.model_metadata import OUTPUT_NAMES

_WEIGHED: Final = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Operators that a network spends its time in."""


class Body:
    """What a graph works out for every image, apart from the `If` that makes class-activation maps on request.

    Converters do not follow a value into the `If`, and change or drop what only it uses. So it is taken off before, and
    what it takes from the body becomes an output of the body: it keeps its name and type, whatever is converted.

    Attributes:
        model: The body, to be converted.
        preparing: Names of the nodes that prepare the image.
        kept: Names of the nodes that stay in single precision: those that prepare the image, and all from the features
            on, which are few, and in which a small error moves a probability most.
    """

    def __init__(self, onnx_model: bytes) -> None:
        """Takes the part on request off.

        Args:
            onnx_model: A graph of `export_onnx`.
        """
        whole = onnx.load_model_from_string(onnx_model)
        graph = whole.graph
        _name_nodes(graph)
        self._choices = [node for node in graph.node if node.op_type == "If"]
        asked = {name for choice in self._choices for name in choice.input}
        self._deciding = [node for node in graph.node if set(node.output) & asked]
        apart = {node.name for node in (*self._choices, *self._deciding)}
        nodes = [node for node in graph.node if node.name not in apart]
        made = {name for node in nodes for name in node.output}
        self._taken = sorted(made & {name for choice in self._choices for name in _taken_by(choice)})
        self._inputs, self._outputs = list(graph.input), list(graph.output)
        self._initializers = {each.name: each for each in graph.initializer}
        self.model = _without(whole, nodes, taken=self._taken)
        features = [name for name in self._taken if name not in OUTPUT_NAMES] or [EMBEDDING]
        self.preparing = _before_weights(nodes)
        self.kept = self.preparing | _from(nodes, features)

    def with_rest(self, converted: onnx.ModelProto) -> onnx.ModelProto:
        """Returns a converted body with what was taken off.

        Args:
            converted: What the converter made of `model`, which it may have changed.
        """
        whole = onnx.ModelProto()
        whole.CopyFrom(converted)
        graph = whole.graph
        present = {each.name: each for each in graph.initializer}
        choices = [_copied(choice) for choice in self._choices]
        needed = {name for node in (*choices, *self._deciding) for name in (*_taken_by(node), *node.input)}
        for name in sorted(needed & set(self._initializers)):
            own = self._initializers[name]
            if name not in present:
                graph.initializer.append(own)
            elif present[name].data_type != own.data_type:
                renamed = graph.initializer.add()
                renamed.CopyFrom(own)
                renamed.name = f"{name}_at_full_precision"
                for choice in choices:
                    _rename(choice, {name: renamed.name})
        graph.node.extend([*self._deciding, *choices])
        for own, found in ((self._inputs, graph.input), (self._outputs, graph.output)):
            del found[:]
            found.extend(own)
        return whole


def _name_nodes(graph: onnx.GraphProto) -> None:
    for number, node in enumerate(graph.node):
        node.name = node.name or f"node_without_name_{number}"


def _copied(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def _branches(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    return [attribute.g for attribute in node.attribute if attribute.HasField("g")]


def _taken_by(node: onnx.NodeProto) -> set[str]:
    """Returns what the branches of a node take from the graph around it."""
    taken: set[str] = set()
    for branch in _branches(node):
        own = {name for each in branch.node for name in each.output} | {each.name for each in branch.initializer}
        taken |= {name for each in branch.node for name in each.input if name} - own
    return taken


def _rename(choice: onnx.NodeProto, names: dict[str, str]) -> None:
    for branch in _branches(choice):
        for node in branch.node:
            node.input[:] = [names.get(name, name) for name in node.input]


def _without(whole: onnx.ModelProto, nodes: list[onnx.NodeProto], *, taken: list[str]) -> onnx.ModelProto:
    """Returns a model of some of the nodes, which gives what is taken from them as well."""
    made = {name for node in nodes for name in node.output}
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        whole.graph.name,
        [each for each in whole.graph.input if each.name in used],
        [each for each in whole.graph.output if each.name in made],
        [each for each in whole.graph.initializer if each.name in used],
        # Not of weights: a converter would take their noted type for that of a feature.
        value_info=[each for each in whole.graph.value_info if each.name in made],
    )
    body = helper.make_model(graph, opset_imports=whole.opset_import, ir_version=whole.ir_version)
    inferred = {each.name: each for each in shape_inference.infer_shapes(body).graph.value_info}
    given = {each.name for each in body.graph.output}
    for name in taken:
        if name not in given:
            body.graph.output.append(inferred.get(name) or helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return body


def _before_weights(nodes: Iterable[onnx.NodeProto]) -> set[str]:
    after: set[str] = set()
    before: set[str] = set()
    for node in nodes:
        if node.op_type in _WEIGHED or after & set(node.input):
            after |= set(node.output)
        else:
            before.add(node.name)
    return before


def _from(nodes: Iterable[onnx.NodeProto], names: list[str]) -> set[str]:
    reached = set(names)
    found: set[str] = set()
    for node in nodes:
        if reached & set(node.input):
            reached |= set(node.output)
            found.add(node.name)
    return found
