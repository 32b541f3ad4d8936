"""Brightness, contrast and saturation of whole batches, one factor per image."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

LUMA: Final = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in gray: ITU-R BT.601, rounded as in torchvision."""

_CONTRAST: Final = 1
_SATURATION: Final = 2


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


def jitter_colors(images: Tensor, parameters: ColorParameters) -> Tensor:
    """Changes brightness, contrast and saturation in place, in each image's own order.

    Every change is factor x value + (1 - factor) x reference, the reference being black, the image's mean gray or the
    pixel's gray. So each turn is one pass over all images, whichever change it is for each of them, and changes that
    leave all images as they are take no turn.

    Args:
        images: Float [batch, channels, height, width], values 0 to 255. With one channel there is no saturation.
        parameters: One set per image, on the CPU.

    Returns:
        The images, values 0 to 255.
    """
    factors = torch.stack([parameters.brightness, parameters.contrast, parameters.saturation], dim=1)
    changing = (factors != 1).any(dim=0)
    changing[_SATURATION] &= images.shape[1] == 3
    turns = parameters.order[changing[parameters.order]].view(len(images), int(changing.sum()))
    for change in turns.unbind(dim=1):
        factor = factors.gather(1, change.unsqueeze(1)).squeeze(1)
        of_mean = (1 - factor) * (change == _CONTRAST)
        of_gray = (1 - factor) * (change == _SATURATION)
        _blend(images, factor=factor, of_mean=of_mean, of_gray=of_gray)
    return images


def _blend(images: Tensor, *, factor: Tensor, of_mean: Tensor, of_gray: Tensor) -> None:
    """Makes every value factor x value + of_mean x mean gray + of_gray x gray; each factor has the shape [images]."""
    mean = _mean_gray(images) * _per_image(of_mean, images) if of_mean.any() else None
    gray = _gray(images) * _per_image(of_gray, images) if of_gray.any() else None
    images *= _per_image(factor, images)
    for part in (mean, gray):
        if part is not None:
            images += part
    images.clamp_(0, 255)


def _per_image(values: Tensor, images: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1).to(images.device, non_blocking=True)


def _mean_gray(images: Tensor) -> Tensor:
    means = images.mean(dim=(2, 3), keepdim=True)
    return means if images.shape[1] == 1 else _gray(means)


def _gray(images: Tensor) -> Tensor:
    red, green, blue = images.split(1, dim=1)
    return (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])
