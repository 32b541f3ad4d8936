"""What exporters run a network on."""

import torch
from torch import Tensor

from medimage.export.deployed_network import Deployable
from medimage.models.trained_model import ModelSpec

# Two images: PyTorch's exporter specialises sizes 0 and 1, so a sample of one would fix the batch at one.
_SAMPLE_BATCH = 2


def sample_images(network: Deployable, spec: ModelSpec) -> Tensor:
    """Returns black images for a network, where it is: uint8 [2, height, width, channels]."""
    device = next(network.parameters()).device
    return torch.zeros(
        (_SAMPLE_BATCH, spec.input_size, spec.input_size, spec.channels), dtype=torch.uint8, device=device
    )
