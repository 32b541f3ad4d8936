"""From a trained network to one self-contained ONNX graph."""

from dataclasses import replace
from typing import Any

import onnx
import torch

from medimage.decision.decision_rules import DecisionRules
from medimage.errors import ExportError
from medimage.export.deployed_network import Deployable, DeployedNetwork
from medimage.export.exporter_noise import first_line, quiet_exporter, remove_traces
from medimage.export.on_request import give_on_request
from medimage.export.sample import sample_images
from medimage.models.trained_model import ModelSpec
from medimage.serving.graph_outputs import ACTIVATION_MAP, CLASS_INDEX, NO_CLASS, PREDICTED_CLASS
from medimage.serving.model_metadata import INPUT_NAME, ModelMetadata
from medimage.serving.model_origin import ModelOrigin
from medimage.serving.preprocessing import PREPROCESSING_VERSION
from medimage.serving.quality.intensity_reference import IntensityReference

# A protocol buffer cannot be larger, and a graph with weights beside it would not be self-contained.
_LARGEST_PROTOBUF = 2**31 - 1


def export_onnx(
    network: Deployable,
    spec: ModelSpec,
    *,
    temperature: float,
    opset: int,
    rules: DecisionRules | None = None,
    origin: ModelOrigin | None = None,
    intensities: IntensityReference | None = None,
) -> bytes:
    """Exports a network with its normalisation, temperature and softmax as one ONNX graph.

    The graph takes `image`, uint8 [batch, height, width, channels], and gives `probabilities` and `logits`, float32
    [batch, classes], and `embedding`, float32 [batch, width]. The batch size is free. Where the network's features
    have places, it also takes `class_index` and gives `class_activation_map`, as `graph_outputs` describes them; who
    does not name the first pays nothing for the second. The same network gives the same bytes, wherever it is
    exported: traces of the exporting machine, such as source paths, are removed.

    Args:
        network: Network in evaluation mode.
        spec: What the network is.
        temperature: Divides the logits before the softmax.
        opset: ONNX operator set.
        rules: What turns the probabilities into answers; they are noted in the graph's metadata.
        origin: What the network was made from; it is noted there, too.
        intensities: Gray levels of the training images; noted likewise.

    Returns:
        The serialised graph, weights included.

    Raises:
        ExportError: If the network cannot be exported, or is too large for one file.
        ValueError: If the network is in training mode, or the temperature is impossible.
    """
    if network.training:
        raise ValueError("Expected a network in evaluation mode but it is in training mode: call network.eval()")
    contract = ModelMetadata(
        classes=spec.classes,
        input_size=spec.input_size,
        color_mode="gray" if spec.channels == 1 else "rgb",
        preprocessing_version=PREPROCESSING_VERSION,
        temperature=temperature,
        decision_rules=rules,
        origin=origin,
        intensities=intensities,
    )
    image = sample_images(network, spec)
    try:
        with quiet_exporter(), torch.inference_mode(False), torch.no_grad():
            deployed = DeployedNetwork(network, temperature=temperature).eval()
            has_map = deployed.outputs.activation_map is not None
            chosen = (torch.full((1,), PREDICTED_CLASS, device=image.device),) if has_map else ()
            dynamic: dict[str, Any] = {INPUT_NAME: {0: torch.export.Dim("batch", min=1)}}
            program = torch.onnx.export(
                deployed,
                (image, *chosen),
                dynamo=True,
                opset_version=opset,
                input_names=[INPUT_NAME, *([CLASS_INDEX] if has_map else [])],
                output_names=list(deployed.output_names),
                dynamic_shapes={**dynamic, CLASS_INDEX: None} if has_map else dynamic,
                external_data=False,
                verbose=False,
            )
    except Exception as error:
        # Exporter and converter raise many private classes; the cause stays attached.
        raise ExportError(
            f"{spec.name} cannot be exported to ONNX operator set {opset}: {first_line(error)}. "
            "Choose another model, or another export.opset."
        ) from error
    if program is None:
        raise ExportError(f"PyTorch's exporter gave no graph for {spec.name}. Choose another model.")
    graph = program.model_proto
    if graph.ByteSize() > _LARGEST_PROTOBUF:
        raise ExportError(
            f"{spec.name} needs {graph.ByteSize() / 2**30:.1f} GiB as one ONNX file, more than the 2 GiB such a file "
            "can hold. Choose a smaller model."
        )
    if has_map:
        give_on_request(graph.graph, output=ACTIVATION_MAP, selector=CLASS_INDEX, nobody=NO_CLASS)
    remove_traces(graph)
    onnx.helper.set_model_props(graph, replace(contract, outputs=deployed.outputs).to_properties())
    try:
        onnx.checker.check_model(graph, full_check=True)
    except Exception as error:
        # ValidationError and InferenceError share no base class below Exception.
        raise ExportError(f"The exported graph of {spec.name} is not valid ONNX: {first_line(error)}") from error
    return graph.SerializeToString(deterministic=True)
