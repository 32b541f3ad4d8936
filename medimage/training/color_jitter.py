"""Brightness, contrast and saturation of whole batches, one factor per image."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

LUMA = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in gray: ITU-R BT.601, rounded as in torchvision."""


@dataclass(frozen=True, kw_only=True)
class ColorParameters:
    """How the colours of each image change.

    Attributes:
        brightness: Factor of all values, shape [images].
        contrast: Factor of the difference from the image's mean gray, shape [images].
        saturation: Factor of the difference from each pixel's gray, shape [images].
        order: Permutation of (0: brightness, 1: contrast, 2: saturation) per image, shape [images, 3].
    """

    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    order: Tensor

    def to(self, device: torch.device) -> Self:
        """Returns the parameters on a device."""
        return type(self)(
            brightness=self.brightness.to(device),
            contrast=self.contrast.to(device),
            saturation=self.saturation.to(device),
            order=self.order.to(device),
        )


def jitter_colors(images: Tensor, parameters: ColorParameters) -> Tensor:
    """Changes brightness, contrast and saturation, in each image's own order.

    Args:
        images: Float [batch, channels, height, width], values 0 to 255. With one channel there is no saturation.
        parameters: One set per image.

    Returns:
        Float, same shape, values 0 to 255.
    """
    operations = [(0, parameters.brightness, _black), (1, parameters.contrast, _mean_gray)]
    if images.shape[1] == 3:
        operations.append((2, parameters.saturation, _gray))
    for turn in range(3):
        for index, factors, reference in operations:
            # A factor of 1 changes nothing, so images whose turn it is not go through unchanged.
            factor = torch.where(parameters.order[:, turn] == index, factors, 1.0).view(-1, 1, 1, 1)
            images = (images * factor + reference(images) * (1 - factor)).clamp(0, 255)
    return images


def _black(images: Tensor) -> Tensor:
    return torch.zeros((), device=images.device)


def _mean_gray(images: Tensor) -> Tensor:
    return _gray(images).mean(dim=(1, 2, 3), keepdim=True)


def _gray(images: Tensor) -> Tensor:
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)
