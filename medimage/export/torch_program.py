"""A trained network as one file of `torch.export`."""

import io

import torch

from medimage.errors import ExportError
from medimage.export.deployed_network import Deployable, PredictingNetwork
from medimage.export.exporter_noise import first_line, quiet_exporter
from medimage.export.sample import sample_images
from medimage.models.trained_model import ModelSpec

# What a node of the graph notes of the exporting machine: paths, and names of functions.
_TRACES = ("stack_trace", "source_fn_stack", "nn_module_stack")


def export_torch_program(network: Deployable, spec: ModelSpec, *, temperature: float) -> bytes:
    """Exports a network with its normalisation, temperature and softmax as a program of `torch.export`.

    Args:
        network: Network in evaluation mode.
        spec: What the network is.
        temperature: Divides the logits before the softmax.

    Returns:
        The file, which `torch.export.load` opens: uint8 [batch, height, width, channels] → (probabilities, logits).

    Raises:
        ExportError: If the network cannot be exported.
    """
    deployed = PredictingNetwork(network, temperature=temperature).eval()
    buffer = io.BytesIO()
    try:
        with quiet_exporter(), torch.inference_mode(False), torch.no_grad():
            program = torch.export.export(
                deployed,
                (sample_images(network, spec),),
                dynamic_shapes={"image": {0: torch.export.Dim("batch", min=1)}},
                strict=False,
            )
            for node in program.graph.nodes:
                for name in _TRACES:
                    node.meta.pop(name, None)
            torch.export.save(program, buffer)
    except Exception as error:
        # The exporter raises many private classes; the cause stays attached.
        raise ExportError(
            f"{spec.name} cannot be exported with torch.export: {first_line(error)}. Take torch_export out of "
            "export.formats, or choose another model."
        ) from error
    return buffer.getvalue()


def open_torch_program(content: bytes) -> torch.nn.Module:
    """Opens a program of `torch.export` on the CPU."""
    with quiet_exporter():
        return torch.export.load(io.BytesIO(content)).module()
