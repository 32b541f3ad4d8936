"""From a trained network to one self-contained ONNX graph."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import onnx
import torch
from torch import Tensor, nn

from medimage.decision.decision_rules import DecisionRules
from medimage.errors import ExportError
from medimage.models.trained_model import ModelSpec
from medimage.serving.model_metadata import INPUT_NAME, OUTPUT_NAMES, ModelMetadata
from medimage.serving.preprocessing import PREPROCESSING_VERSION
from medimage.serving.quality.intensity_reference import IntensityReference

# A protocol buffer cannot be larger, and a graph with weights beside it would not be self-contained.
_LARGEST_PROTOBUF = 2**31 - 1

# Two images: PyTorch's exporter specialises sizes 0 and 1, so a sample of one would fix the batch at one.
_SAMPLE_BATCH = 2


class _DeployedNetwork(nn.Module):
    """What is exported: network, temperature and softmax in one."""

    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.network(image).float()
        return torch.softmax(logits / self.temperature, dim=1), logits


def export_onnx(
    network: nn.Module,
    spec: ModelSpec,
    *,
    temperature: float,
    opset: int,
    rules: DecisionRules | None = None,
    intensities: IntensityReference | None = None,
) -> bytes:
    """Exports a network with its normalisation, temperature and softmax as one ONNX graph.

    The graph takes `image`, uint8 [batch, height, width, channels], and gives `probabilities` and `logits`, float32
    [batch, classes]. The batch size is free. The same network gives the same bytes, wherever it is exported: traces
    of the exporting machine, such as source paths, are removed.

    Args:
        network: Network in evaluation mode that takes uint8 [batch, height, width, channels] and gives logits.
        spec: What the network is.
        temperature: Divides the logits before the softmax.
        opset: ONNX operator set.
        rules: What turns the probabilities into answers; they are noted in the graph's metadata.
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
        intensities=intensities,
    ).to_properties()
    deployed = _DeployedNetwork(network, temperature).eval()
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    sample = torch.zeros(
        (_SAMPLE_BATCH, spec.input_size, spec.input_size, spec.channels), dtype=torch.uint8, device=device
    )
    try:
        with _quiet_exporter(), torch.inference_mode(False), torch.no_grad():
            program = torch.onnx.export(
                deployed,
                (sample,),
                dynamo=True,
                opset_version=opset,
                input_names=[INPUT_NAME],
                output_names=list(OUTPUT_NAMES),
                dynamic_shapes={INPUT_NAME: {0: torch.export.Dim("batch", min=1)}},
                external_data=False,
                verbose=False,
            )
    except Exception as error:
        # Exporter and converter raise many private classes; the cause stays attached.
        raise ExportError(
            f"{spec.name} cannot be exported to ONNX operator set {opset}: {_first_line(error)}. "
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
    _remove_traces(graph)
    onnx.helper.set_model_props(graph, contract)
    try:
        onnx.checker.check_model(graph, full_check=True)
    except Exception as error:
        # ValidationError and InferenceError share no base class below Exception.
        raise ExportError(f"The exported graph of {spec.name} is not valid ONNX: {_first_line(error)}") from error
    return graph.SerializeToString(deterministic=True)


def _remove_traces(graph: onnx.ModelProto) -> None:
    """Removes what the exporter notes about its own machine and run: stack traces with paths, and debug names."""
    graph.ClearField("metadata_props")
    graph.ClearField("doc_string")
    holders = [graph.graph, *graph.graph.node, *graph.graph.input, *graph.graph.output, *graph.graph.value_info]
    holders += [*graph.graph.initializer, *graph.functions]
    holders += [node for function in graph.functions for node in function.node]
    for holder in holders:
        holder.ClearField("metadata_props")
        holder.ClearField("doc_string")


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Silences the exporter's progress, keeping its errors."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
