"""Flips, rotation, shift, scale, shear and crop of each image as one matrix."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class CropBoxes:
    """Parts of images that are enlarged to the whole.

    Attributes:
        left: First column, in pixels, shape [images].
        top: First row, in pixels, shape [images].
        width: Columns, shape [images].
        height: Rows, shape [images].
    """

    left: Tensor
    top: Tensor
    width: Tensor
    height: Tensor

    def are_whole(self, *, height: int, width: int) -> bool:
        """Returns whether every crop is the whole image."""
        return bool((self.width == width).all() and (self.height == height).all())


@dataclass(frozen=True, kw_only=True)
class AffineParameters:
    """How each image is moved; every tensor has the shape [images].

    Attributes:
        flip_horizontally: Whether to exchange left and right.
        flip_vertically: Whether to exchange top and bottom.
        angle: Rotation in degrees, clockwise.
        shift_right: Shift in pixels.
        shift_down: Shift in pixels.
        scale: Zoom factor; above 1 enlarges.
        shear: Horizontal shear in degrees.
        crops: Parts that are enlarged to the whole image before all else.
    """

    flip_horizontally: Tensor
    flip_vertically: Tensor
    angle: Tensor
    shift_right: Tensor
    shift_down: Tensor
    scale: Tensor
    shear: Tensor
    crops: CropBoxes


def sampling_matrices(parameters: AffineParameters, *, height: int, width: int) -> Tensor:
    """Returns where each output pixel is taken from.

    The steps are, in this order: crop, flip, then torchvision's affine map (shear, scale, rotation, shift, about the
    image's centre). Going backwards from the output, the affine map is undone first and the crop last.

    Args:
        parameters: One set per image.
        height: Height of the images, in pixels.
        width: Width of the images, in pixels.

    Returns:
        Float32 [images, 2, 3]: from output to input coordinates, both from -1 to 1 over the image, as
        `torch.nn.functional.affine_grid` takes them with `align_corners=False`.
    """
    to_pixels = torch.diag(torch.tensor([width / 2, height / 2, 1.0], dtype=torch.float64))
    to_unit = torch.diag(torch.tensor([2 / width, 2 / height, 1.0], dtype=torch.float64))
    pixels = _crop(parameters.crops, height=height, width=width) @ _flip(parameters) @ _inverse_affine(parameters)
    return (to_unit @ pixels @ to_pixels)[:, :2].float()


def sampling_grid(matrices: Tensor, *, height: int, width: int) -> Tensor:
    """Returns where each pixel of each image is taken from.

    The same as `torch.nn.functional.affine_grid`, which multiplies a matrix with every pixel. Here what a row and what
    a column contribute is added up, which takes a tenth of the time on a CPU.

    Args:
        matrices: What `sampling_matrices` gave, on the device that computes.
        height: Height of the images, in pixels.
        width: Width of the images, in pixels.

    Returns:
        Float32 [images, height, width, 2]: x and y from -1 to 1, as `torch.nn.functional.grid_sample` takes them with
        `align_corners=False`.
    """
    x = (2 * torch.arange(width, device=matrices.device) + 1) / width - 1
    y = (2 * torch.arange(height, device=matrices.device) + 1) / height - 1
    of_columns = matrices[:, :, :1] * x
    of_rows = matrices[:, :, 1:2] * y + matrices[:, :, 2:]
    # All x lie before all y in memory, so that the sum runs over whole rows.
    return (of_rows.unsqueeze(3) + of_columns.unsqueeze(2)).permute(0, 2, 3, 1)


def repeat_edges(grid: Tensor, *, height: int, width: int) -> Tensor:
    """Takes what lies between the image's edge and the centres of its outermost pixels from those pixels.

    A crop that reaches to the edge is enlarged, and torchvision then repeats the outermost pixels. Sampling alone would
    fade them to black.

    Args:
        grid: What `sampling_grid` gave.
        height: Height of the images, in pixels.
        width: Width of the images, in pixels.
    """
    furthest = (1 - 1 / torch.tensor([width, height], dtype=grid.dtype)).to(grid.device, non_blocking=True)
    return torch.where(grid.abs() <= 1, grid.clamp(-furthest, furthest), grid)


def _inverse_affine(parameters: AffineParameters) -> Tensor:
    """Inverts x -> R(angle) Shear(shear) scale x + shift in closed form; all in pixels from the image's centre."""
    angle, shear = torch.deg2rad(parameters.angle.double()), torch.deg2rad(parameters.shear.double())
    scale = parameters.scale.double()
    shift = torch.stack([parameters.shift_right, parameters.shift_down], dim=1).double()
    # Shearing is x -> x - tan(shear) y, as in torchvision; the determinant of rotation and shear is 1.
    a, b = angle.cos(), -angle.cos() * shear.tan() - angle.sin()
    c, d = angle.sin(), -angle.sin() * shear.tan() + angle.cos()
    linear = torch.stack([d, -b, -c, a], dim=1).view(-1, 2, 2) / scale.view(-1, 1, 1)
    matrix = torch.eye(3, dtype=torch.float64).repeat(len(angle), 1, 1)
    matrix[:, :2, :2] = linear
    matrix[:, :2, 2] = -(linear @ shift.unsqueeze(2)).squeeze(2)
    return matrix


def _flip(parameters: AffineParameters) -> Tensor:
    signs = torch.ones(len(parameters.angle), 3, dtype=torch.float64)
    signs[parameters.flip_horizontally, 0] = -1
    signs[parameters.flip_vertically, 1] = -1
    return torch.diag_embed(signs)


def _crop(crops: CropBoxes, *, height: int, width: int) -> Tensor:
    """Maps the whole image onto a part of it, in pixels from the image's centre."""
    matrix = torch.eye(3, dtype=torch.float64).repeat(len(crops.left), 1, 1)
    for axis, start, length, total in (
        (0, crops.left.double(), crops.width.double(), width),
        (1, crops.top.double(), crops.height.double(), height),
    ):
        matrix[:, axis, axis] = length / total
        matrix[:, axis, 2] = start + length / 2 - total / 2
    return matrix
