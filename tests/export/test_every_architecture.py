"""Every model of the table is exported at its own size, and gives in every output what the network gives."""

import numpy as np
import pytest
import torch
from torch import nn

from medimage.config.delivery import ExportConfig, FormatName
from medimage.export.further_formats import export_further_formats
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.architectures import architecture_table
from medimage.models.build import build_network
from medimage.models.inference import predict_logits
from medimage.models.network import Network
from tests.support.images import encode, textured
from tests.support.training import bright_quarters, specification

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

# Some names of the table stand for one network at one size.
NETWORKS = sorted({(row.timm_name, row.input_size or 0) for row in architecture_table().values()})


def network_of(timm_name: str, size: int) -> Network:
    """Returns a network with random weights, whose normalisation has seen images as that of a trained one has.

    Without, values grow from layer to layer, in deep networks to ten millions, and rounding with them.
    """
    network = build_network(specification(timm_name, head="medical", size=size, channels=3), seed=0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
            module.reset_running_stats()
    with torch.no_grad():
        network.train()(torch.from_numpy(bright_quarters(4, seed=9, size=size, channels=3).pixels[:]))
    return network.eval()


def judged(network: Network) -> list[JudgedAnswers]:
    """Returns batches of two sizes with the network's answers."""
    size = network.spec.input_size
    parts = [bright_quarters(count, seed=count, size=size, channels=3).pixels for count in (3, 1)]
    return [
        JudgedAnswers(
            pixels=pixels,
            logits=predict_logits(network, pixels, batch_size=4, device=torch.device("cpu")),
            temperature=1.3,
        )
        for pixels in parts
    ]


@pytest.mark.parametrize(("timm_name", "size"), NETWORKS)
def test_graph_of_every_model_gives_what_the_network_gives(timm_name: str, size: int) -> None:
    network = network_of(timm_name, size)
    onnx = export_onnx(network, network.spec, temperature=1.3, opset=20)
    parity = measure_parity(onnx, judged(network), network=network, config=ExportConfig())
    assert parity.proven
    assert parity.images == 4
    assert parity.embedding is not None
    assert parity.maps is not None
    assert parity.maps.maps == 8
    weights = sum(parameter.numel() * parameter.element_size() for parameter in network.parameters())
    assert len(onnx) < 1.1 * weights


@pytest.mark.parametrize("name", ["torchscript", "torch_export"])
@pytest.mark.parametrize(("timm_name", "size"), NETWORKS)
def test_further_formats_of_every_model_say_what_the_network_says(timm_name: str, size: int, name: FormatName) -> None:
    network = network_of(timm_name, size)
    encoded = [encode(np.repeat(textured(1)[..., np.newaxis], 3, axis=2))]
    config = ExportConfig(formats=("onnx", name))
    (made,) = export_further_formats(network, judged(network), temperature=1.3, config=config, encoded=encoded)
    assert made.parity.proven
    assert made.parity.images == 4
