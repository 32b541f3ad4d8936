"""A trained network as one TorchScript file."""

import io
import zipfile
from typing import Any, cast

import torch

from medimage.errors import ExportError
from medimage.export.deployed_network import Deployable, PredictingNetwork
from medimage.export.exporter_noise import first_line, quiet_exporter
from medimage.export.sample import sample_images
from medimage.models.trained_model import ModelSpec

# Where every line of code came from, with paths of the exporting machine; loading does without.
_DEBUG_SUFFIX = ".debug_pkl"


def export_torchscript(network: Deployable, spec: ModelSpec, *, temperature: float) -> bytes:
    """Exports a network with its normalisation, temperature and softmax as TorchScript.

    It is traced: what depends on the number of images in a batch must do so by operators. Whether it does is seen when
    the file is compared with the network, on batches of two sizes.

    Args:
        network: Network in evaluation mode.
        spec: What the network is.
        temperature: Divides the logits before the softmax.

    Returns:
        The file, which `torch.jit.load` opens: uint8 [batch, height, width, channels] → (probabilities, logits).

    Raises:
        ExportError: If the network cannot be traced.
    """
    deployed = PredictingNetwork(network, temperature=temperature).eval()
    buffer = io.BytesIO()
    try:
        with quiet_exporter(), torch.inference_mode(False), torch.no_grad():
            traced = torch.jit.trace(deployed, (sample_images(network, spec),), check_trace=False)
            torch.jit.save(cast(Any, traced), buffer)
    except Exception as error:
        # The tracer raises many private classes; the cause stays attached.
        raise ExportError(
            f"{spec.name} cannot be exported to TorchScript: {first_line(error)}. Take torchscript out of "
            "export.formats, or choose another model."
        ) from error
    return _without_debug_records(buffer.getvalue())


def open_torchscript(content: bytes) -> torch.nn.Module:
    """Opens a TorchScript file on the CPU."""
    with quiet_exporter():
        return torch.jit.load(io.BytesIO(content), map_location="cpu").eval()


def _without_debug_records(content: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            if not entry.filename.endswith(_DEBUG_SUFFIX):
                target.writestr(zipfile.ZipInfo(entry.filename), source.read(entry))
    return kept.getvalue()
