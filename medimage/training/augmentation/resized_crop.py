"""Crops of random area and shape, many at once."""

import math

import torch

from medimage.training.augmentation.affine import CropBoxes

ASPECT_RATIOS = (3 / 4, 4 / 3)
"""Range of width over height, as in torchvision's `RandomResizedCrop` and the Inception training it comes from."""

ATTEMPTS = 10
"""Draws per image; the first that fits into the image counts, as in torchvision."""


def draw_crops(
    shares: tuple[float, float] | None, *, images: int, height: int, width: int, generator: torch.Generator
) -> CropBoxes:
    """Draws one crop per image with the distribution of torchvision's `RandomResizedCrop`.

    Args:
        shares: Smallest and largest share of the image's area; `None` keeps whole images.
        images: Number of images.
        height: Height of the images, in pixels.
        width: Width of the images, in pixels.
        generator: Source of randomness, on the CPU.
    """
    if shares is None:
        zero = torch.zeros(images)
        return CropBoxes(left=zero, top=zero, width=torch.full((images,), width), height=torch.full((images,), height))
    low, high = shares
    area = height * width * (low + (high - low) * torch.rand(images, ATTEMPTS, generator=generator))
    log_low, log_high = (math.log(ratio) for ratio in ASPECT_RATIOS)
    ratio = torch.exp(log_low + (log_high - log_low) * torch.rand(images, ATTEMPTS, generator=generator))
    widths, heights = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
    fits = (widths > 0) & (widths <= width) & (heights > 0) & (heights <= height)
    # argmax finds the first attempt that fits; where none does, the centre is kept at the nearest allowed shape.
    first = fits.int().argmax(dim=1, keepdim=True)
    none_fits = ~fits.any(dim=1)
    fallback_width, fallback_height = _largest_allowed(height=height, width=width)
    crop_width = widths.gather(1, first).squeeze(1).masked_fill(none_fits, fallback_width)
    crop_height = heights.gather(1, first).squeeze(1).masked_fill(none_fits, fallback_height)
    left = (torch.rand(images, generator=generator) * (width - crop_width + 1)).floor()
    top = (torch.rand(images, generator=generator) * (height - crop_height + 1)).floor()
    left = torch.where(none_fits, float((width - fallback_width) // 2), left)
    top = torch.where(none_fits, float((height - fallback_height) // 2), top)
    return CropBoxes(left=left, top=top, width=crop_width, height=crop_height)


def _largest_allowed(*, height: int, width: int) -> tuple[int, int]:
    narrowest, widest = ASPECT_RATIOS
    if width / height < narrowest:
        return width, round(width / narrowest)
    if width / height > widest:
        return round(height * widest), height
    return width, height
