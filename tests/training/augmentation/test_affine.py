import itertools

import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from medimage.training.augmentation.affine import AffineParameters, CropBoxes, sampling_grid, sampling_matrices
from medimage.training.augmentation.augment import apply_affine


def whole(images: int, *, height: int, width: int) -> CropBoxes:
    zero = torch.zeros(images)
    return CropBoxes(left=zero, top=zero, width=zero + width, height=zero + height)


def parameters(*, height: int = 24, width: int = 24, **changes: object) -> AffineParameters:
    """One image that is not moved, but for the changes."""
    neutral: dict[str, object] = {
        "flip_horizontally": False,
        "flip_vertically": False,
        "angle": 0.0,
        "shift_right": 0.0,
        "shift_down": 0.0,
        "scale": 1.0,
        "shear": 0.0,
    }
    values = {name: torch.tensor([value]) for name, value in {**neutral, **changes}.items() if name != "crops"}
    return AffineParameters(**values, crops=changes.get("crops", whole(1, height=height, width=width)))  # type: ignore[arg-type]


def image(*, height: int = 24, width: int = 24, channels: int = 1) -> torch.Tensor:
    return torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(0)) * 255


@pytest.mark.parametrize(
    ("angle", "shift", "scale", "shear"),
    [
        *itertools.product([0.0, 17.0, -40.0], [(0, 0), (3, -2)], [1.0, 0.8], [0.0, 10.0]),
        (180.0, (-5, 7), 1.3, -25.0),
        (90.0, (0, 0), 1.0, 0.0),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_equal_torchvisions_affine(
    angle: float, shift: tuple[int, int], scale: float, shear: float, channels: int
) -> None:
    moved = apply_affine(
        image(channels=channels),
        parameters(angle=angle, shift_right=float(shift[0]), shift_down=float(shift[1]), scale=scale, shear=shear),
    )
    expected = reference.affine(
        image(channels=channels),
        angle=angle,
        translate=list(shift),
        scale=scale,
        shear=[shear, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )
    torch.testing.assert_close(moved, expected, atol=0.02, rtol=0)


def test_images_that_are_not_square_keep_their_aspect_ratio_when_turned() -> None:
    size = {"height": 20, "width": 30}
    moved = apply_affine(image(**size), parameters(angle=30.0, shear=8.0, shift_right=2.0, **size))
    expected = reference.affine(
        image(**size),
        angle=30.0,
        translate=[2, 0],
        scale=1.0,
        shear=[8.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )
    torch.testing.assert_close(moved, expected, atol=0.02, rtol=0)


def test_flips_equal_torchvisions() -> None:
    for name, flip in (
        ("flip_horizontally", reference.horizontal_flip),
        ("flip_vertically", reference.vertical_flip),
    ):
        torch.testing.assert_close(apply_affine(image(), parameters(**{name: True})), flip(image()), atol=1e-3, rtol=0)


def test_flip_comes_before_rotation() -> None:
    moved = apply_affine(image(), parameters(flip_horizontally=True, angle=25.0))
    expected = reference.affine(
        reference.horizontal_flip(image()),
        angle=25.0,
        translate=[0, 0],
        scale=1.0,
        shear=[0.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )
    torch.testing.assert_close(moved, expected, atol=0.02, rtol=0)


def test_crop_equals_torchvisions_resized_crop_away_from_its_edge() -> None:
    left, top, width, height = 4, 7, 15, 12
    box = CropBoxes(
        left=torch.tensor([4.0]), top=torch.tensor([7.0]), width=torch.tensor([15.0]), height=torch.tensor([12.0])
    )
    moved = apply_affine(image(), parameters(crops=box))
    expected = reference.resized_crop(image(), top, left, height, width, [24, 24], antialias=True)
    # At the crop's edge torchvision repeats the last pixel; here the image beyond it goes in.
    torch.testing.assert_close(moved[..., 2:-2, 2:-2], expected[..., 2:-2, 2:-2], atol=0.02, rtol=0)


def test_crop_at_the_edge_of_the_image_equals_torchvisions_to_its_last_pixel() -> None:
    box = CropBoxes(
        left=torch.tensor([12.0]), top=torch.tensor([0.0]), width=torch.tensor([12.0]), height=torch.tensor([12.0])
    )
    moved = apply_affine(image(), parameters(crops=box))
    expected = reference.resized_crop(image(), 0, 12, 12, 12, [24, 24], antialias=True)
    torch.testing.assert_close(moved[..., :-2, 2:], expected[..., :-2, 2:], atol=0.02, rtol=0)


def test_unmoved_images_stay_as_they_are() -> None:
    torch.testing.assert_close(apply_affine(image(), parameters()), image(), atol=1e-3, rtol=0)


def test_every_image_of_a_batch_has_its_own_matrix() -> None:
    batch = AffineParameters(
        flip_horizontally=torch.tensor([False, True]),
        flip_vertically=torch.tensor([False, False]),
        angle=torch.tensor([0.0, 0.0]),
        shift_right=torch.zeros(2),
        shift_down=torch.zeros(2),
        scale=torch.tensor([1.0, 2.0]),
        shear=torch.zeros(2),
        crops=whole(2, height=24, width=24),
    )
    matrices = sampling_matrices(batch, height=24, width=24)
    torch.testing.assert_close(matrices[0], torch.tensor([[1.0, 0, 0], [0, 1, 0]]))
    torch.testing.assert_close(matrices[1], torch.tensor([[-0.5, 0, 0], [0, 0.5, 0]]))


@pytest.mark.parametrize(("height", "width"), [(7, 7), (20, 33), (224, 224)])
def test_grid_equals_pytorchs_affine_grid(height: int, width: int) -> None:
    matrices = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(1))
    expected = torch.nn.functional.affine_grid(matrices, [5, 1, height, width], align_corners=False)
    torch.testing.assert_close(sampling_grid(matrices, height=height, width=width), expected, rtol=0, atol=2e-6)
