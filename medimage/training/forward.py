"""What a stage runs in each step: the whole network, or its head alone where the features never change."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from medimage.config.augmentation import AugmentationConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.device import Precision, mixed_precision
from medimage.models.network import Network
from medimage.training.augment import augment
from medimage.training.batches import Batches


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
        return _logits(network, network.prepare(pixels))

    return Forward(batches=Batches.of_pixels(data, batch_size=batch_size, device=device), classify=classify)


def augmented_forward(
    network: Network,
    data: LabelledPixels,
    *,
    config: AugmentationConfig,
    generator: torch.Generator,
    batch_size: int,
    device: torch.device,
) -> Forward:
    """Runs the whole network on randomly changed images.

    Args:
        network: Network to run.
        data: Images.
        config: Ranges of the changes.
        generator: Source of randomness, on the CPU.
        batch_size: Images per batch.
        device: Device to compute on.
    """

    def classify(pixels: Tensor) -> Tensor:
        return _logits(network, network.normalize(augment(pixels, config=config, generator=generator)))

    return Forward(batches=Batches.of_pixels(data, batch_size=batch_size, device=device), classify=classify)


def frozen_forward(network: Network, source: Forward, *, precision: Precision, on_batch: Callable[[], None]) -> Forward:
    """Computes the pooled features of all images once, and runs the head alone from then on.

    Where the backbone is frozen (hence in evaluation mode) and the images are not augmented, every epoch would compute
    the same features again.

    Args:
        network: Network with a frozen backbone.
        source: The images.
        precision: Arithmetic of the forward pass.
        on_batch: Called after each batch.
    """
    network.eval()
    parts = []
    with torch.no_grad():
        for pixels, _ in source.batches.in_order():
            with mixed_precision(precision, device=pixels.device):
                features = network.pool(network.forward_features(_channels_last(network.prepare(pixels))))
            parts.append(features.float().cpu().numpy())
            on_batch()
    batches = Batches(
        inputs=np.concatenate(parts),
        labels=source.batches.labels,
        batch_size=source.batches.batch_size,
        device=source.batches.device,
    )

    def classify(features: Tensor) -> Tensor:
        return network.head(features).float()

    return Forward(batches=batches, classify=classify)


def _logits(network: Network, images: Tensor) -> Tensor:
    return network.forward_head(network.forward_features(_channels_last(images)))


def _channels_last(images: Tensor) -> Tensor:
    # Convolutions in bf16 on a CPU, and on tensor cores, are written for this layout.
    return images.contiguous(memory_format=torch.channels_last)
