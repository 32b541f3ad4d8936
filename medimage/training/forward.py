"""What a network computes from a batch, and the images that its epochs are judged on."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.network import Network
from medimage.training.inputs.batches import Batches


@dataclass(frozen=True, kw_only=True)
class Forward:
    """Inputs, and the function that classifies them.

    Attributes:
        batches: Pixels or features.
        classify: From a batch of inputs to logits.
    """

    batches: Batches
    classify: Callable[[Tensor], Tensor]


def pixels_forward(network: Network, data: LabelledPixels, *, batch_size: int, device: torch.device) -> Forward:
    """Runs the whole network on images as they are."""

    def classify(pixels: Tensor) -> Tensor:
        return classify_images(network, network.prepare(pixels))

    return Forward(batches=Batches.of_pixels(data, batch_size=batch_size, device=device), classify=classify)


def classify_images(network: Network, images: Tensor) -> Tensor:
    """Runs the whole network.

    Args:
        network: Network to run.
        images: Float [batch, 3, height, width], normalised.

    Returns:
        Logits, float32 [batch, classes].
    """
    return network.forward_head(network.forward_features(channels_last(images)))


def classify_features(network: Network, features: Tensor) -> Tensor:
    """Runs the head alone.

    Args:
        network: Network to run.
        features: Pooled features, float32 [batch, width].

    Returns:
        Logits, float32 [batch, classes].
    """
    return network.head(features).float()


def channels_last(images: Tensor) -> Tensor:
    """Returns images in the layout that convolutions in bf16 on a CPU, and on tensor cores, are written for."""
    return images.contiguous(memory_format=torch.channels_last)
