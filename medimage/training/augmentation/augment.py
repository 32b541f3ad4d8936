"""Random changes to whole batches of training images, on the training device.

The distributions are those of torchvision's `RandomResizedCrop`, `RandomHorizontalFlip`, `RandomVerticalFlip`,
`RandomAffine` and `ColorJitter` (version 2), applied in this order. All that moves pixels is one matrix and one
bilinear sampling, so images are interpolated once, and the corners a rotation uncovers show the image where a crop had
cut it off; beyond the image they are black.
"""

import torch
from torch import Tensor
from torch.nn import functional

from medimage.config.augmentation import AugmentationConfig
from medimage.training.augmentation.affine import AffineParameters, repeat_edges, sampling_grid, sampling_matrices
from medimage.training.augmentation.color_jitter import ColorParameters, jitter_colors
from medimage.training.augmentation.resized_crop import draw_crops


def is_identity(config: AugmentationConfig) -> bool:
    """Returns whether a configuration changes nothing, so that every epoch sees the same images."""
    return not moves_pixels(config) and config.brightness == config.contrast == config.saturation == 0


def moves_pixels(config: AugmentationConfig) -> bool:
    """Returns whether a configuration flips, moves or crops images."""
    return (
        config.horizontal_flip > 0
        or config.vertical_flip > 0
        or config.rotation > 0
        or config.shift > 0
        or config.scale != (1.0, 1.0)
        or config.shear > 0
        or config.random_resized_crop is not None
    )


def draw_affine(
    config: AugmentationConfig, *, images: int, height: int, width: int, generator: torch.Generator
) -> AffineParameters:
    """Draws flips, rotations, shifts, scales, shears and crops, one set per image.

    Args:
        config: Ranges.
        images: Number of images.
        height: Height of the images, in pixels.
        width: Width of the images, in pixels.
        generator: Source of randomness, on the CPU, so that every device sees the same draws.
    """

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(images, generator=generator)

    return AffineParameters(
        flip_horizontally=torch.rand(images, generator=generator) < config.horizontal_flip,
        flip_vertically=torch.rand(images, generator=generator) < config.vertical_flip,
        angle=uniform(-config.rotation, config.rotation),
        # Whole pixels, as torchvision does: a shift alone then blurs nothing.
        shift_right=uniform(-config.shift * width, config.shift * width).round(),
        shift_down=uniform(-config.shift * height, config.shift * height).round(),
        scale=uniform(*config.scale),
        shear=uniform(-config.shear, config.shear),
        crops=draw_crops(config.random_resized_crop, images=images, height=height, width=width, generator=generator),
    )


def draw_colors(config: AugmentationConfig, *, images: int, generator: torch.Generator) -> ColorParameters:
    """Draws brightness, contrast and saturation factors and their order, one set per image.

    Args:
        config: Ranges; a factor is drawn from [1 - x, 1 + x], never below 0.
        images: Number of images.
        generator: Source of randomness, on the CPU.
    """

    def factor(spread: float) -> Tensor:
        low, high = max(0.0, 1 - spread), 1 + spread
        return low + (high - low) * torch.rand(images, generator=generator)

    return ColorParameters(
        brightness=factor(config.brightness),
        contrast=factor(config.contrast),
        saturation=factor(config.saturation),
        order=torch.rand(images, 3, generator=generator).argsort(dim=1),
    )


def apply_affine(images: Tensor, parameters: AffineParameters) -> Tensor:
    """Flips, moves and crops a batch with one bilinear sampling.

    Args:
        images: Float [batch, channels, height, width].
        parameters: One set per image.

    Returns:
        Float [batch, channels, height, width]; 0 (black) where the image does not reach.
    """
    height, width = images.shape[2:]
    # A small copy that does not wait for what a GPU computes: it is staged before the call returns.
    matrices = sampling_matrices(parameters, height=height, width=width).to(images.device, non_blocking=True)
    grid = sampling_grid(matrices, height=height, width=width)
    if not parameters.crops.are_whole(height=height, width=width):
        grid = repeat_edges(grid, height=height, width=width)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def augment(pixels: Tensor, *, config: AugmentationConfig, generator: torch.Generator) -> Tensor:
    """Changes each image of a batch at random.

    Args:
        pixels: uint8 [batch, height, width, channels]; one channel stays one channel.
        config: Ranges of the changes.
        generator: Source of randomness, on the CPU.

    Returns:
        Float32 [batch, channels, height, width], values 0 to 255, not rounded.
    """
    images = pixels.permute(0, 3, 1, 2).float()
    count, channels, height, width = images.shape
    if moves_pixels(config):
        images = apply_affine(
            images, draw_affine(config, images=count, height=height, width=width, generator=generator)
        )
    if config.brightness > 0 or config.contrast > 0 or (config.saturation > 0 and channels == 3):
        images = jitter_colors(images, draw_colors(config, images=count, generator=generator))
    return images
